// SPDX-License-Identifier: Apache-2.0
// The arrays of our RTL that rtl/public.vlt makes visible, read as docs/contract.md section 13 lays
// their entries out. Included by the shim only. An array that a configuration or another RTL lacks
// is found out while this is compiled and left out. Invariant: the layouts unpacked here are
// tag_pack() and data_pack() of rtl/tw_pkg.sv, with the widths of rtl/tw_fmt.sv.
#ifndef TW_TB_RTL_ARRAYS_H
#define TW_TB_RTL_ARRAYS_H

#include <cstdint>
#include <type_traits>

#include "twinwalk/config.h"
#include "twinwalk/mmu.h"

// Where the instances stand in the top module.
#define TW_AT_L1(p) \
	tw_mmu__DOT__g_port__BRA__##p##__KET____DOT__g_front__DOT__u_front__DOT__u_l1__DOT__
#define TW_AT_L1F      TW_AT_L1(0)
#define TW_AT_L1D      TW_AT_L1(1)
#define TW_AT_SP       tw_mmu__DOT__u_l2__DOT__g_sp__DOT__u_sp__DOT__
#define TW_AT_SA       tw_mmu__DOT__u_l2__DOT__g_sa__DOT__u_sa__DOT__
#define TW_AT_PWC      tw_mmu__DOT__u_walk__DOT__g_pwc__DOT__u_pwc__DOT__
#define TW_AT_COUNTERS tw_mmu__DOT__u_counters__DOT__

#define TW_JOIN2(a, b)	   a##b
#define TW_JOIN(a, b)	   TW_JOIN2(a, b)
#define TW_REG(array, reg) TW_JOIN(TW_AT_##array, reg)

namespace tw_arrays
{

// Has_X<Root>: the RTL has the array X.
#define TW_HAS(array, reg)                                                               \
	template <typename Root, typename = void> struct Has_##array : std::false_type { \
	};                                                                               \
	template <typename Root>                                                         \
	struct Has_##array<Root, std::void_t<decltype(Root::TW_REG(array, reg))>>        \
	    : std::true_type {                                                           \
	};
TW_HAS(L1F, data_q)
TW_HAS(L1D, data_q)
TW_HAS(SP, data_q)
TW_HAS(SA, data_q)
TW_HAS(PWC, data_q)
TW_HAS(COUNTERS, count_q)
#undef TW_HAS

// Bit I of a register of any width.
template <typename T> bool bit(const T &reg, unsigned int i)
{
	return reg >> i & 1;
}

template <std::size_t Words> bool bit(const VlWide<Words> &reg, unsigned int i)
{
	return reg[i / 32] >> i % 32 & 1;
}

template <typename Root> void read_sets(const Root *r, const tw_config *c, tw_mmu_arrays *a)
{
	for (unsigned int set = 0; set < c->l2_sets; set++) {
		unsigned int valid = 0, plru = 0;

		for (unsigned int node = 0; node + 1 < c->l2_ways; node++)
			plru |= static_cast<unsigned int>(bit(r->TW_REG(SA, plru_q)[node], set))
				<< node;
		for (unsigned int way = 0; way < c->l2_ways; way++) {
			unsigned int at = set * c->l2_ways + way;

			if (!bit(r->TW_REG(SA, valid_q)[way], set))
				continue;
			valid |= 1u << way;
			a->l2[set][way][0] = r->TW_REG(SA, data_q)[at];
			a->l2[set][way][1] = r->TW_REG(SA, tag_q)[at];
		}
		a->l2_valid[set] = static_cast<uint8_t>(valid);
		a->l2_plru[set] = static_cast<uint8_t>(plru);
	}
}

// Whether the RTL is ours: all of it that every configuration has.
template <typename Root> constexpr bool visible()
{
	return Has_L1D<Root>::value && Has_COUNTERS<Root>::value;
}

template <typename Root> void read(const Root *r, const tw_config *c, tw_mmu_arrays *a)
{
#define TW_FULLY_ASSOCIATIVE(array, n, to)                                \
	if constexpr (Has_##array<Root>::value)                           \
		for (unsigned int i = 0; i < (n); i++)                    \
			if (bit(r->TW_REG(array, valid_q), i)) {          \
				(to)[i][0] = r->TW_REG(array, data_q)[i]; \
				(to)[i][1] = r->TW_REG(array, tag_q)[i];  \
			}
	TW_FULLY_ASSOCIATIVE(L1F, c->l1_entries[0], a->l1[0])
	TW_FULLY_ASSOCIATIVE(L1D, c->l1_entries[1], a->l1[1])
	TW_FULLY_ASSOCIATIVE(SP, c->l2_sp_entries, a->sp)
	TW_FULLY_ASSOCIATIVE(PWC, c->pwc_entries, a->pwc)
#undef TW_FULLY_ASSOCIATIVE
	if constexpr (Has_SA<Root>::value)
		read_sets(r, c, a);
	if constexpr (Has_COUNTERS<Root>::value)
		for (unsigned int i = 0; i < TW_EVENTS; i++)
			a->counter[i] = r->TW_REG(COUNTERS, count_q)[i];
}

template <typename Root> void write_counters(Root *r, const uint64_t counter[TW_EVENTS])
{
	if constexpr (Has_COUNTERS<Root>::value)
		for (unsigned int i = 0; i < TW_EVENTS; i++)
			r->TW_REG(COUNTERS, count_q)[i] = counter[i];
}

} // namespace tw_arrays

#endif
