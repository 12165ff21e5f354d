// SPDX-License-Identifier: Apache-2.0
// What GTKWave's writer of waveforms, which Verilator compiles in, asks of the C library goes
// through these functions instead: it asks for no results, maps scratch files that may be shorter
// than it thinks, and opens its output by name. Compiled into verilated_fst_c.cpp by -include;
// everything it uses is declared before the names are changed. Invariants: scratch files lie in
// memory; no mapping reaches beyond the end of its file; the first error is kept in the instance's
// context.
#ifndef TW_TB_WAVE_IO_H
#define TW_TB_WAVE_IO_H

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "rtl_context.h"

std::FILE *tw_wave_fopen(const char *name, const char *mode);
std::FILE *tw_wave_tmpfile();
int tw_wave_fclose(std::FILE *f);
int tw_wave_fflush(std::FILE *f);
int tw_wave_fseeko(std::FILE *f, off_t offset, int whence);
std::size_t tw_wave_fwrite(const void *p, std::size_t size, std::size_t n, std::FILE *f);
void *tw_wave_mmap(void *addr, std::size_t len, int prot, int flags, int fd, off_t offset);

// Names as the writer knows them.
#define TW_WAVE_NAME "waveform"

#ifdef TW_WAVE_REDIRECT
#define fopen	tw_wave_fopen
#define tmpfile tw_wave_tmpfile
#define fclose	tw_wave_fclose
#define fflush	tw_wave_fflush
#define fseeko	tw_wave_fseeko
#define fwrite	tw_wave_fwrite
#define mmap	tw_wave_mmap
#endif

#endif
