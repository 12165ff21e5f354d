// SPDX-License-Identifier: Apache-2.0
// What a program of ours settles before anything else.
#ifndef TW_HOST_PROCESS_H
#define TW_HOST_PROCESS_H

// Opens standard descriptors that are closed, which the first file would take otherwise; and makes
// a file size limit an error of the write, not a signal.
void tw_process_start(void);

#endif
