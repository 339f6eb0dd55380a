/* Copies of memory by the names that rustc's thread sanitizer calls and GCC's runtime does not have: the C library's, which
   that runtime watches. */
#include <string.h>

void *__tsan_memcpy(void *to, const void *from, size_t count) { return memcpy(to, from, count); }
void *__tsan_memmove(void *to, const void *from, size_t count) { return memmove(to, from, count); }
void *__tsan_memset(void *at, int byte, size_t count) { return memset(at, byte, count); }
