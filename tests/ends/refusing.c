/* Has one allocation of the C library refused: preloaded by allocations.py. */

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_size_t least = (size_t)-1;
static atomic_long left;
static atomic_long kept_refused;
static atomic_long refused;

/* From now on the allocation `which`, counted from 0 among those of `bytes` or more, is refused; and, if `always`, each
 * one after it. */
void refuse_allocation(size_t bytes, long which, int always)
{
    atomic_store(&refused, 0);
    atomic_store(&left, which);
    atomic_store(&kept_refused, always);
    atomic_store(&least, bytes);
}

/* How many were refused; from now on none is. */
long stop_refusing(void)
{
    atomic_store(&least, (size_t)-1);
    return atomic_load(&refused);
}

static int is_refused(size_t size)
{
    if (size < atomic_load(&least)) return 0;
    long now = atomic_fetch_sub(&left, 1);
    if (now != 0 && !(now < 0 && atomic_load(&kept_refused))) return 0;
    atomic_fetch_add(&refused, 1);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return is_refused(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return size != 0 && count <= (size_t)-1 / size && is_refused(count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused(size) ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return is_refused(size) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *made = is_refused(size) ? NULL : __libc_memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *memory = made;
    return 0;
}
