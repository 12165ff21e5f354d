// SPDX-License-Identifier: Apache-2.0
// Zones and the buddy allocator. A zone is a contiguous range of frames: DMA (below 16 MB), DMA32
// (below 4 GB), NORMAL. An allocation names the highest zone that will do and falls back to lower
// ones. Invariants: free blocks of order n are aligned to 2^n frames (by physical address), no two
// free buddies of one order exist, and the blocks' sizes add up to the zone's count of free frames.
// Source: D. Knuth, The Art of Computer Programming 1, 2.5; zones as in Linux.
#ifndef TW_ZONE_H
#define TW_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct tw_kernel;

enum { TW_ZONE_DMA, TW_ZONE_DMA32, TW_ZONE_NORMAL, TW_ZONES };
enum { TW_ORDERS = 11, TW_ORDER_NONE = 0xff };

struct tw_zone {
	uint32_t first, frames; // frames 0: the zone does not exist
	uint32_t free;
	uint32_t head[TW_ORDERS];   // first free block of each order
	uint32_t blocks[TW_ORDERS]; // free blocks of each order
};

// Hands all frames to their zones, as free.
void tw_zones_init(struct tw_kernel *k);

// 2^order frames from zone LIMIT or a lower one; TW_NO_FRAME if no block is large enough.
uint32_t tw_buddy_alloc(struct tw_kernel *k, unsigned int limit, unsigned int order);
void tw_buddy_free(struct tw_kernel *k, uint32_t frame, unsigned int order);

#endif
