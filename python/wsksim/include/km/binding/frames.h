/*
 * frames.h: the frames of __try, innermost first, one list a thread of the driver; the kernel keeps where it begins.
 */

WSKSIM_FRAME *wsksim_enter_frame(WSKSIM_FRAME *Frame)
{
    PVOID *first = wsksim_frames();

    Frame->Outer = (WSKSIM_FRAME *)*first;
    Frame->Raised = STATUS_SUCCESS;
    Frame->IsRaised = FALSE;
    Frame->IsHandled = FALSE;
    Frame->Round = 2;
    *first = Frame;
    return Frame;
}

/* However a body is left, its frame is not the list's any more. */
void wsksim_leave_frame(WSKSIM_FRAME *Frame)
{
    PVOID *first = wsksim_frames();

    if (*first == (PVOID)Frame) {
        *first = Frame->Outer;
    }
}

DECLSPEC_NORETURN VOID ExRaiseStatus(NTSTATUS Status)
{
    PVOID *first = wsksim_frames();
    WSKSIM_FRAME *frame = (WSKSIM_FRAME *)*first;

    if (frame == NULL) {
        KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG_PTR)Status, (ULONG_PTR)_ReturnAddress(), 0, 0);
    }
    /* What is raised from here on is for the frame outside. */
    *first = frame->Outer;
    frame->Raised = Status;
    frame->IsRaised = TRUE;
    wsksim_longjmp(frame->Jump, 1);
}

int wsksim_filter(WSKSIM_FRAME *Frame, int Disposition)
{
    if (Disposition == EXCEPTION_CONTINUE_SEARCH) {
        ExRaiseStatus(Frame->Raised);
    }
    if (Disposition == EXCEPTION_CONTINUE_EXECUTION) {
        KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG_PTR)Frame->Raised, 0, 0, 1);
    }
    Frame->IsHandled = TRUE;
    return TRUE;
}

/* The end of a round: the body ended, a handler ended, or __finally ended. */
void wsksim_end_frame(WSKSIM_FRAME *Frame)
{
    if (Frame->IsRaised) {
        if (!Frame->IsHandled) {
            ExRaiseStatus(Frame->Raised);
        }
        Frame->Round = 0;
        return;
    }
    wsksim_leave_frame(Frame);
    Frame->Round--;
}
