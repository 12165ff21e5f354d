// SPDX-License-Identifier: Apache-2.0
// Signals that ask a command to end: SIGINT, SIGTERM, SIGHUP. Without interrupt_watch() they end
// the process at once, which leaves nothing behind (host/output.h). A command that has something to
// say or to end first watches for them and asks interrupted() in its loops; what does not ask in
// time is ended by the signal all the same. Invariant: the process ends of the signal, for the
// caller to see.
#ifndef TW_CLI_INTERRUPT_H
#define TW_CLI_INTERRUPT_H

#include <sys/types.h>

// Watches from now on, but for signals that are ignored already (nohup).
void interrupt_watch(void);

// The signal that came; 0: none. Cheap.
int interrupted(void);

// Its name, as in "SIGTERM"; "" if none came.
const char *interrupt_name(void);

// A process that receives the signal, too. The keyboard's SIGINT, which the terminal gives to both,
// is left to it. 0: none.
void interrupt_forward(pid_t child);

// Ends the process of the signal if one came.
void interrupt_end(void);

#endif
