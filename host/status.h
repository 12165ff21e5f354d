// SPDX-License-Identifier: Apache-2.0
// How a command ends, and what the errors of Twinwalk's libraries come to.
#ifndef TW_HOST_STATUS_H
#define TW_HOST_STATUS_H

// Exit status of the command, the same for all subcommands; of a library that works for one, what
// its call comes to.
enum tw_status {
	TW_OK = 0,
	TW_DIFFERENCE = 1, // a check found a difference
	TW_USAGE = 2,
	TW_BAD_INPUT = 3, // an input file is damaged or unsuitable
	TW_SYSTEM = 4,	  // a file cannot be read or written, no memory, a program is missing
	TW_INTERNAL = 5,
	TW_NO_FRAMES = 6, // the simulated memory and swap are too small for the run
};

// The status for a negative errno of one of Twinwalk's libraries.
enum tw_status tw_status_of(int error);

#endif
