/* A bare futex wake: how long from the waker's clock to the woken thread's, each on a processor of its own. */
#define _GNU_SOURCE
#include "reference.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t asked __attribute__((aligned(128)));
static uint32_t answered __attribute__((aligned(128)));
static int64_t woken_at;
static uint32_t rounds;

static void wait_for(uint32_t *word, uint32_t value)
{
    for (;;) {
        uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        if (seen == value) {
            return;
        }
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
}

static void set(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Leaves the processor that the waker is kept on, if there is another. */
static void keep_apart(void)
{
    cpu_set_t waker, all, others;
    pthread_getaffinity_np(pthread_self(), sizeof(waker), &waker);
    CPU_ZERO(&all);
    for (int number = 0; number < CPU_SETSIZE; number++) {
        CPU_SET(number, &all);
    }
    CPU_XOR(&others, &all, &waker);
    if (CPU_COUNT(&waker) == 1) {
        sched_setaffinity(0, sizeof(others), &others);
    }
}

static void *sleeper(void *unused)
{
    keep_apart();
    for (uint32_t round = 1; round <= rounds; round++) {
        wait_for(&asked, round);
        woken_at = now_ns();
        set(&answered, round);
    }
    return unused;
}

/* futex_wakes(rounds: int, pause_us: int) -> list of nanoseconds */
PyObject *futex_wakes(PyObject *module, PyObject *arguments)
{
    unsigned int pause_us;
    pthread_t thread;
    (void)module;

    if (!PyArg_ParseTuple(arguments, "II", &rounds, &pause_us)) {
        return NULL;
    }
    PyObject *times = PyList_New(0);
    asked = answered = 0;
    if (times == NULL || pthread_create(&thread, NULL, sleeper, NULL) != 0) {
        return times == NULL ? NULL : PyErr_SetFromErrno(PyExc_OSError);
    }
    for (uint32_t round = 1; round <= rounds; round++) {
        int64_t begun;
        Py_BEGIN_ALLOW_THREADS
        usleep(pause_us);
        begun = now_ns();
        set(&asked, round);
        wait_for(&answered, round);
        Py_END_ALLOW_THREADS
        PyObject *time = PyLong_FromLongLong(woken_at - begun);
        if (time != NULL) {
            PyList_Append(times, time);
            Py_DECREF(time);
        }
    }
    pthread_join(thread, NULL);
    return times;
}
