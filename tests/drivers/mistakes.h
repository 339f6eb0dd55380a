/*
 * mistakes.h: which mistake a driver makes stands in its object as text, where a test writes another name.
 */
#ifndef MISTAKES_H
#define MISTAKES_H

#include <ntddk.h>

static volatile const CHAR Mistake[] = "MISTAKE=NONE                    ";

/* Whether this is the mistake. */
static BOOLEAN Is(const CHAR *Name)
{
    ULONG place;

    for (place = 0; Name[place] != 0; place++) {
        if (Mistake[8 + place] != Name[place]) {
            return FALSE;
        }
    }
    return Mistake[8 + place] == ' ';
}

#endif /* MISTAKES_H */
