/*
 * seh.h: __try, __except and __finally for C and C++ without compiler support.
 *
 * A block is a loop of two rounds: the first runs the body, the second is where __finally runs. So `return` and `goto`
 * may leave a body, but skip its __finally, and `__leave` is `continue`. A `break` of a surrounding loop is the one thing
 * that does not work inside a body. What is caught is what the kernel raises (ExRaiseStatus, MmProbeAndLockPages,
 * ProbeForRead, ProbeForWrite); a wild pointer ends the run with its crash report.
 */
#ifndef WSKSIM_SEH_H
#define WSKSIM_SEH_H

#include "types.h"

#ifndef _MSC_VER

WSKSIM_BEGIN

/* As large as the largest jmp_buf of the systems that wsksim runs on. */
typedef struct DECLSPEC_ALIGN(16) _WSKSIM_FRAME {
    unsigned char Jump[512];
    struct _WSKSIM_FRAME *Outer;
    NTSTATUS Raised;
    int IsRaised;
    int IsHandled;
    int Round;
} WSKSIM_FRAME;

WSKSIM_FRAME *wsksim_enter_frame(WSKSIM_FRAME *Frame);
void wsksim_leave_frame(WSKSIM_FRAME *Frame);
int wsksim_filter(WSKSIM_FRAME *Frame, int Disposition);
void wsksim_end_frame(WSKSIM_FRAME *Frame);

#define WSKSIM_NAME(Name) WSKSIM_NAME_OF(__USER_LABEL_PREFIX__, Name)
#define WSKSIM_NAME_OF(Prefix, Name) WSKSIM_QUOTE(Prefix) Name
#define WSKSIM_QUOTE(Text) #Text
int wsksim_setjmp(void *Jump) __asm__(WSKSIM_NAME("_setjmp")) __attribute__((returns_twice));
void wsksim_longjmp(void *Jump, int Value) __asm__(WSKSIM_NAME("_longjmp")) __attribute__((noreturn));

WSKSIM_END

#define __try \
    for (WSKSIM_FRAME Wsksim_Frame __attribute__((cleanup(wsksim_leave_frame))), \
         *Wsksim_Here = wsksim_enter_frame(&Wsksim_Frame); Wsksim_Here->Round != 0; wsksim_end_frame(Wsksim_Here)) \
        if (Wsksim_Here->Round == 2 && wsksim_setjmp(Wsksim_Here->Jump) == 0)
#define __except(Filter) else if (Wsksim_Here->IsRaised && wsksim_filter(Wsksim_Here, (Filter)))
#define __finally else
#define __leave continue
#define _exception_code() (Wsksim_Here->Raised)
#define GetExceptionCode() (Wsksim_Here->Raised)
#define GetExceptionInformation() ((PVOID)0)
#define AbnormalTermination() (Wsksim_Here->IsRaised)

#endif /* _MSC_VER */

#endif /* WSKSIM_SEH_H */
