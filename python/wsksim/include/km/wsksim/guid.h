/*
 * guid.h: GUIDs. A file that includes initguid.h first, or defines INITGUID, has them; others name them.
 */
#include "types.h"

#undef DEFINE_GUID
#ifdef INITGUID
#define DEFINE_GUID(Name, L, W1, W2, B1, B2, B3, B4, B5, B6, B7, B8) \
    EXTERN_C const GUID DECLSPEC_SELECTANY Name; \
    const GUID Name = {L, W1, W2, {B1, B2, B3, B4, B5, B6, B7, B8}}
#else
#define DEFINE_GUID(Name, L, W1, W2, B1, B2, B3, B4, B5, B6, B7, B8) EXTERN_C const GUID Name
#endif

#ifndef WSKSIM_GUID_H
#define WSKSIM_GUID_H

#define IsEqualGUID(One, Other) (memcmp(WSKSIM_GUID_AT(One), WSKSIM_GUID_AT(Other), sizeof(GUID)) == 0)
#define InlineIsEqualGUID IsEqualGUID
#ifdef __cplusplus
#define WSKSIM_GUID_AT(Name) (&(Name))
#else
#define WSKSIM_GUID_AT(Name) (Name)
#endif
#include <string.h>

#endif /* WSKSIM_GUID_H */
