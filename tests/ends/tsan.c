/* What the thread sanitizer of LLVM calls and the runtime of GCC does not have; preloaded behind that by sanitize.sh. */

#include <string.h>

void *__tsan_memcpy(void *to, const void *from, size_t size)
{
    return memcpy(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *__tsan_memset(void *at, int value, size_t size)
{
    return memset(at, value, size);
}
