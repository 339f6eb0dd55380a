/*
 * bcrypt.h: hashes and random numbers. Their functions are in wsksim/kernel.h.
 */
#ifndef WSKSIM_BCRYPT_H
#define WSKSIM_BCRYPT_H

#include "wsksim/kernel.h"

#define BCRYPT_SUCCESS(Status) NT_SUCCESS(Status)
#define BCRYPT_SHA1_ALGORITHM L"SHA1"
#define BCRYPT_SHA256_ALGORITHM L"SHA256"
#define BCRYPT_SHA512_ALGORITHM L"SHA512"
#define BCRYPT_MD5_ALGORITHM L"MD5"
#define BCRYPT_RNG_ALGORITHM L"RNG"
#define BCRYPT_OBJECT_LENGTH L"ObjectLength"
#define BCRYPT_HASH_LENGTH L"HashDigestLength"
#define BCRYPT_ALG_HANDLE_HMAC_FLAG 0x00000008
#define BCRYPT_HASH_REUSABLE_FLAG 0x00000020
#define BCRYPT_PROV_DISPATCH 0x00000001
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x00000002

#endif /* WSKSIM_BCRYPT_H */
