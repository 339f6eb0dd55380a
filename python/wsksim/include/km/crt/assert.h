/* assert.h for drivers: a failed assertion is a bug check. */
#include "../wsksim/kernel.h"
#undef assert
#define assert(Condition) NT_ASSERT(Condition)
