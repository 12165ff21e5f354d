// SPDX-License-Identifier: Apache-2.0
// Hardware configurations: the geometry of one MMU. A configuration is a plain value; the named
// ones come from configs.def and are built in the RTL too, others can be read from a file and get
// their RTL on demand (twinwalk/tb.h). Invariant: a struct tw_config that passed tw_config_check()
// has counts that are powers of two within the ranges below, or 0 where a part may be missing, and
// formats that the architecture knows.
#ifndef TWINWALK_CONFIG_H
#define TWINWALK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	TW_MAX_L1 = 64,	       // entries of one L1 TLB: 2..64; 0 for a port that is not there
	TW_MAX_L2_SETS = 4096, // 2..4096; 0: no set-associative part
	TW_MAX_L2_WAYS = 8,    // 2..8; 0 with 0 sets
	TW_MAX_L2_SP = 64,     // superpage part of the L2: 2..64; 0: there is none
	TW_MAX_PWC = 64,       // page-walk cache entries: 2..64; 0: there is none
	TW_MAX_WALKERS = 8,    // 1..8
	TW_MAX_MISS = 8,       // miss queue entries of one port: 1..8
	TW_MAX_ASID_BITS = 16, // 1..16
	TW_PORTS = 2,	       // port 0 fetches, port 1 loads and stores; 1: port 1 does both
};

struct tw_config {
	char name[32];
	unsigned int l1_entries[TW_PORTS]; // [0] fetch, [1] data
	unsigned int l2_sets;
	unsigned int l2_ways;
	unsigned int l2_sp_entries;
	unsigned int pwc_entries;
	unsigned int walkers;
	unsigned int miss_entries; // per port
	unsigned int ports;
	unsigned int asid_bits; // of an ASID or PCID; upper bits read as zero
	uint32_t formats;	// that it translates: bit numbers of enum tw_format
};

// What a configuration's formats need, in bits: virtual page numbers, physical page numbers and
// physical addresses.
struct tw_widths {
	unsigned int vpn, ppn, pa;
};

void tw_config_widths(const struct tw_config *cfg, struct tw_widths *widths);

// The number of named configurations, and the I-th of them; NULL when I is out of range.
size_t tw_config_count(void);
const struct tw_config *tw_config_named(size_t i);

// Finds a named configuration; NULL if there is none.
const struct tw_config *tw_config_find(const char *name);

// The I-th value of a configuration and its name, as in a configuration file, Formats as a mask;
// false: there is none.
bool tw_config_field(const struct tw_config *cfg, size_t i, const char **name, unsigned int *value);

// Whether both are the same hardware, whatever they are called.
bool tw_config_same(const struct tw_config *a, const struct tw_config *b);

// 0, or -EINVAL with a text in err (names the field and the accepted range) when a value is out of
// range.
int tw_config_check(const struct tw_config *cfg, char *err, size_t errlen);

// Reads a configuration from a file that is open: one `Name = value` per line, the names those of
// configs.def's columns (all of them, each once), `#` starts a comment; the value of Formats is
// their names, joined by `+`, as in sv39+long4; at most 255 characters a line and 65536 bytes. PATH
// is for messages, and without its folders the configuration's name. Returns 0; -EINVAL with
// "PATH:LINE: what was expected" in err; or the negative errno of reading, with a text in err too.
// On failure *cfg is untouched.
int tw_config_read(FILE *file, const char *path, struct tw_config *cfg, char *err, size_t errlen);

#ifdef __cplusplus
}
#endif

#endif
