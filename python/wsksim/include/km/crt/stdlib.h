/* stdlib.h for drivers: the few functions that the kernel has too. */
#ifndef WSKSIM_STDLIB_H
#define WSKSIM_STDLIB_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
int abs(int Value);
int atoi(const char *Text);
void qsort(void *First, size_t Count, size_t Size, int (*Compare)(const void *, const void *));
void *bsearch(const void *Key, const void *First, size_t Count, size_t Size, int (*Compare)(const void *, const void *));
#ifdef __cplusplus
}
#endif
#define _byteswap_ushort(Value) __builtin_bswap16(Value)
#define _byteswap_ulong(Value) __builtin_bswap32(Value)
#define _byteswap_uint64(Value) __builtin_bswap64(Value)
#endif
