/* excpt.h for drivers; see wsksim/seh.h. */
#include "../wsksim/seh.h"
