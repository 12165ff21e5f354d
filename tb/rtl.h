// SPDX-License-Identifier: Apache-2.0
// What the Verilator shim of one configuration gives to the C side, beyond twinwalk/tb.h: a table
// of functions per configuration, and images of an instance's whole state, from which a run can be
// repeated with a waveform. Invariant: no C++ type crosses this header.
#ifndef TW_TB_RTL_H
#define TW_TB_RTL_H

#include <stddef.h>
#include <stdint.h>

#include "twinwalk/tb.h"

#ifdef __cplusplus
extern "C" {
#endif

// The state of one instance. Zero-initialised it is empty; the memory is reused by the next save.
struct tw_rtl_image {
	uint8_t *data;
	size_t size, room;
};

// What shim and C side must agree on. They are compiled together, but for a shim that is loaded.
#define TW_RTL_ABI                                                          \
	(sizeof(struct tw_mmu_in) << 48 ^ sizeof(struct tw_mmu_out) << 32 ^ \
	 sizeof(struct tw_mmu_arrays) << 16 ^ sizeof(struct tw_config) << 8 ^ TW_EVENTS)

// One per configuration, defined by tw_rtl_shim.cpp.
struct tw_rtl_ops {
	const char *config;
	uint64_t abi;
	unsigned int sees; // as tw_rtl_sees()
	int (*create)(const struct tw_config *config, uint64_t seed, struct tw_rtl **rtl);
	void (*destroy)(struct tw_rtl *rtl);
	void (*tick)(struct tw_rtl *rtl, const struct tw_mmu_in *in);
	void (*pins)(const struct tw_rtl *rtl, struct tw_mmu_out *out);
	void (*preset_counters)(struct tw_rtl *rtl, const uint64_t counter[TW_EVENTS]);
	void (*arrays)(const struct tw_rtl *rtl, struct tw_mmu_arrays *arrays);
	int (*wave_open)(struct tw_rtl *rtl, int fd);
	int (*wave_close)(struct tw_rtl *rtl);
	int (*save)(struct tw_rtl *rtl, struct tw_rtl_image *image);
	void (*load)(struct tw_rtl *rtl, const struct tw_rtl_image *image);
};

// The common head of every instance.
struct tw_rtl {
	const struct tw_rtl_ops *ops;
	const char *failed; // see tw_rtl_failed()
	struct tw_config config;
	uint64_t counter[TW_EVENTS];
};

// Makes the contract's layout of entries that are as the RTL stores them: data, tag.
void tw_rtl_unpack(const struct tw_config *cfg, struct tw_mmu_arrays *arrays);

// The counters as the pulses of events_o say, from the last reset on.
void tw_rtl_counters(const struct tw_rtl *rtl, uint64_t counter[TW_EVENTS]);

// Gives the counters other values, between two edges: by writing the registers of the simulation,
// the RTL has no port for it. -ENOTSUP, and nothing changes, where the arrays are not visible.
int tw_rtl_preset_counters(struct tw_rtl *rtl, const uint64_t counter[TW_EVENTS]);

// Finds the RTL of a configuration that is none of this build's, or builds it (demand/build.sh),
// and loads it for the rest of the process. On failure a text is in err: -ENOENT when this program
// does not lie in a build directory with RTL of ours; -ENOEXEC when the RTL does not build; -EINTR
// when the building was stopped; -ENOMEM.
int tw_rtl_demand(const struct tw_config *config, const struct tw_rtl_ops **ops, char *err,
		  size_t errlen);

// Saves the whole state, the cycle number included, and puts it into an instance of the same
// configuration. -ENOMEM. The image is ended with tw_rtl_image_free().
int tw_rtl_save(struct tw_rtl *rtl, struct tw_rtl_image *image);
void tw_rtl_load(struct tw_rtl *rtl, const struct tw_rtl_image *image);
void tw_rtl_image_free(struct tw_rtl_image *image);

#ifdef __cplusplus
}
#endif

#endif
