// SPDX-License-Identifier: Apache-2.0
// The only C++ of the project that knows Verilator: one configuration of rtl/tw_mmu.sv behind the
// functions of rtl.h. Compiled once per configuration, with
//   TW_RTL_NAME         the configuration, e.g. tiny
//   TW_RTL_CLASS        the class that Verilator made for it, e.g. Vtw_mmu_tiny
//   TW_RTL_HEADER, TW_RTL_ROOT_HEADER   that class's headers
// Invariants: each instance has a context of its own; between calls clk_i is high and the last
// rising edge has been evaluated, so that the outputs, all functions of registers, can be read.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include TW_RTL_HEADER
#include TW_RTL_ROOT_HEADER
#include <verilated_fst_c.h>
#include <verilated_save.h>

#include "rtl.h"
#include "twinwalk/config.h"
#include "wave_io.h"

#define TW_STR2(x)    #x
#define TW_STR(x)     TW_STR2(x)
#define TW_CAT2(a, b) a##b
#define TW_CAT(a, b)  TW_CAT2(a, b)
// A register of an instance in the top module; rtl/public.vlt makes it visible.
#define TW_IN(instance, reg) tw_mmu__DOT__##instance##__DOT__##reg

extern "C" const tw_rtl_ops TW_CAT(tw_rtl_ops_, TW_RTL_NAME);

namespace
{

struct Instance : tw_rtl {
	tw_rtl_context context;
	std::unique_ptr<TW_RTL_CLASS> top;
	std::unique_ptr<VerilatedFstC> wave;
	const tw_config *config;
	uint64_t cycle;
};

// Writes a model's state to memory. The base class writes through a buffer that flush() empties.
class Writer final : public VerilatedSerialize
{
	tw_rtl_image *image;
	bool full = false;

      public:
	explicit Writer(tw_rtl_image *to) : image(to)
	{
		m_isOpen = true;
		image->size = 0;
	}
	void flush() override
	{
		size_t n = static_cast<size_t>(m_cp - m_bufp);

		if (image->size + n > image->room) {
			void *data = std::realloc(image->data, image->size + n);

			if (!data) {
				full = true;
				m_cp = m_bufp;
				return;
			}
			image->data = static_cast<uint8_t *>(data);
			image->room = image->size + n;
		}
		std::memcpy(image->data + image->size, m_bufp, n);
		image->size += n;
		m_cp = m_bufp;
	}
	bool failed() const
	{
		return full;
	}
};

// Reads it back. Past the end it reads zeros, as the base class reads ahead.
class Reader final : public VerilatedDeserialize
{
	const tw_rtl_image *image;
	size_t at = 0;

      public:
	explicit Reader(const tw_rtl_image *from) : image(from)
	{
		m_isOpen = true;
		m_endp = m_bufp;
		fill();
	}
	void fill() override
	{
		size_t kept = static_cast<size_t>(m_endp - m_cp);
		size_t room = bufferSize() - kept;
		size_t n = image->size - at < room ? image->size - at : room;

		std::memmove(m_bufp, m_cp, kept);
		std::memcpy(m_bufp + kept, image->data + at, n);
		std::memset(m_bufp + kept + n, 0, room - n);
		at += n;
		m_cp = m_bufp;
		m_endp = m_bufp + bufferSize();
	}
};

Instance *instance(tw_rtl *rtl)
{
	return static_cast<Instance *>(rtl);
}

const Instance *instance(const tw_rtl *rtl)
{
	return static_cast<const Instance *>(rtl);
}

void half(Instance *i, unsigned int clk, uint64_t time)
{
	Verilated::threadContextp(&i->context);
	i->top->clk_i = static_cast<CData>(clk);
	i->top->eval();
	// After the first error the rest would be written in vain.
	if (i->wave && !i->context.wave_error)
		i->wave->dump(time);
}

// "[0] %Error: FILE:LINE: Assertion failed in INSTANCE" and what follows become the text from FILE
// to INSTANCE, of the first assertion only.
void note_failure(Instance *i)
{
	char *said = i->context.said;
	char *text = std::strstr(said, "Error: ");
	char *end = std::strchr(said, '\n');

	if (i->failed)
		return;
	if (end)
		*end = '\0';
	i->failed = text ? text + std::strlen("Error: ") : said;
}

void write_inputs(Instance *i, const tw_mmu_in *in)
{
	auto *r = i->top->rootp;

	r->rst_i = in->rst;
#define PORT(p, n)                                          \
	r->req_##p##_valid_i = in->port[n].req_valid;       \
	r->req_##p##_id_i = in->port[n].req_id & 15;        \
	r->req_##p##_va_i = in->port[n].req.va;             \
	r->req_##p##_access_i = in->port[n].req.access & 3; \
	r->req_##p##_priv_i = in->port[n].req.priv & 3;     \
	r->req_##p##_sum_i = in->port[n].req.sum;           \
	r->req_##p##_mxr_i = in->port[n].req.mxr;           \
	r->resp_##p##_ready_i = in->port[n].resp_ready;     \
	r->cancel_##p##_valid_i = in->port[n].cancel_valid; \
	r->cancel_##p##_all_i = in->port[n].cancel_all;     \
	r->cancel_##p##_id_i = in->port[n].cancel_id & 15
	PORT(f, 0);
	PORT(d, 1);
#undef PORT
	r->fence_valid_i = in->fence_valid;
	r->fence_by_addr_i = in->fence_by_addr;
	r->fence_by_asid_i = in->fence_by_asid;
	r->fence_global_i = in->fence_global;
	r->fence_va_i = in->fence_va;
	r->fence_asid_i = in->fence_asid;
	r->ctrl_valid_i = in->ctrl_valid;
	r->ctrl_addr_i = in->ctrl_addr & 3;
	r->ctrl_data_i = in->ctrl_data;
	r->mem_req_ready_i = in->mem_req_ready;
	r->mem_resp_valid_i = in->mem_resp_valid;
	r->mem_resp_id_i = in->mem_resp_id & 15;
	r->mem_resp_data_i = in->mem_resp_data;
	r->mem_resp_err_i = in->mem_resp_err;
	r->counter_sel_i = in->counter_sel & 31;
}

// Verilator sees a rising edge when clk_i is 1 and was 0 in the last evaluation, and every
// evaluation computes all logic behind the inputs, needlessly so at a falling edge. Where the
// remembered level has the name that Verilator 5.006 gives it, it is set to 0 instead of evaluating
// the falling edge: one evaluation per cycle instead of two. Returns false where it has not.
template <typename Root>
auto forget_clk(Root *r, int) -> decltype(r->__Vtrigrprev__TOP__clk_i, true)
{
	r->__Vtrigrprev__TOP__clk_i = 0;
	return true;
}

template <typename Root> bool forget_clk(Root *, long)
{
	return false;
}

// In a waveform cycle t lasts from 10 t to 10 t + 10: outputs change at its start, inputs one unit
// later.
void tick(tw_rtl *rtl, const tw_mmu_in *in)
{
	Instance *i = instance(rtl);

	write_inputs(i, in);
	if (i->wave)
		half(i, 1, 10 * i->cycle + 1);
	if (i->wave || !forget_clk(i->top->rootp, 0))
		half(i, 0, 10 * i->cycle + 5);
	half(i, 1, 10 * i->cycle + 10);
	i->cycle++;
	if (i->context.gotError())
		note_failure(i);
}

int wave_close(tw_rtl *rtl)
{
	Instance *i = instance(rtl);

	if (!i->wave)
		return 0;
	Verilated::threadContextp(&i->context);
	i->wave->close();
	i->wave.reset();
	return -i->context.wave_error;
}

void destroy(tw_rtl *rtl)
{
	Instance *i = instance(rtl);

	wave_close(rtl);
	// Verilator takes a model's parts out of the context that the thread used last.
	Verilated::threadContextp(&i->context);
	i->top->final();
	delete i;
	Verilated::threadContextp(Verilated::defaultContextp());
}

int wave_open(tw_rtl *rtl, int fd)
{
	Instance *i = instance(rtl);

	wave_close(rtl);
	Verilated::threadContextp(&i->context);
	i->context.wave_fd = fd;
	i->context.wave_error = 0;
	i->wave.reset(new (std::nothrow) VerilatedFstC);
	if (!i->wave)
		return -ENOMEM;
	i->top->trace(i->wave.get(), 99);
	i->wave->set_time_unit("1ns");
	i->wave->set_time_resolution("1ns");
	i->wave->open(TW_WAVE_NAME);
	if (!i->wave->isOpen()) {
		i->wave.reset();
		return i->context.wave_error ? -i->context.wave_error : -EIO;
	}
	i->wave->dump(10 * i->cycle);
	return 0;
}

uint64_t pair(uint32_t lo, uint32_t hi)
{
	return static_cast<uint64_t>(hi) << 32 | lo;
}

template <typename W> void wide(const W &from, uint64_t to[2])
{
	to[0] = pair(from[0], from[1]);
	to[1] = pair(from[2], from[3]);
}

void pins(const tw_rtl *rtl, tw_mmu_out *out)
{
	const auto *r = instance(rtl)->top->rootp;

#define PORT(p, n)                                         \
	out->port[n].req_ready = r->req_##p##_ready_o;     \
	out->port[n].resp_valid = r->resp_##p##_valid_o;   \
	out->port[n].resp_id = r->resp_##p##_id_o;         \
	out->port[n].resp.pa = r->resp_##p##_pa_o;         \
	out->port[n].resp.size = r->resp_##p##_size_o;     \
	out->port[n].resp.global = r->resp_##p##_global_o; \
	out->port[n].resp.attr = r->resp_##p##_attr_o;     \
	out->port[n].resp.fault = r->resp_##p##_fault_o;   \
	out->port[n].resp.cause = r->resp_##p##_cause_o;   \
	out->port[n].resp.fault_va = r->resp_##p##_tval_o
	PORT(f, 0);
	PORT(d, 1);
#undef PORT
	out->fence_ready = r->fence_ready_o;
	out->fence_done = r->fence_done_o;
	out->ctrl_ready = r->ctrl_ready_o;
	out->idle = r->idle_o;
	out->mem_req_valid = r->mem_req_valid_o;
	out->mem_req_cas = r->mem_req_cas_o;
	out->mem_req_id = r->mem_req_id_o;
	out->mem_req_addr = r->mem_req_addr_o;
	out->mem_req_expected = r->mem_req_expected_o;
	out->mem_req_desired = r->mem_req_desired_o;
	out->events = r->events_o;
	out->counter = r->counter_o;
#define ARRAY(x, field)                          \
	out->field.write = r->dbg_##x##_write_o; \
	out->field.index = r->dbg_##x##_index_o; \
	out->field.valid = r->dbg_##x##_valid_o; \
	out->field.plru = r->dbg_##x##_plru_o;   \
	wide(r->dbg_##x##_entry_o, out->field.entry)
	ARRAY(l1f, dbg_l1[0]);
	ARRAY(l1d, dbg_l1[1]);
	ARRAY(sp, dbg_sp);
	ARRAY(pwc, dbg_pwc);
#undef ARRAY
	out->dbg_l2.write = r->dbg_l2_write_o;
	out->dbg_l2.set = r->dbg_l2_set_o;
	out->dbg_l2.way = r->dbg_l2_way_o;
	wide(r->dbg_l2_entry_o, out->dbg_l2.entry);
	out->dbg_l2.inv = r->dbg_l2_inv_o;
	out->dbg_l2.inv_set = r->dbg_l2_inv_set_o;
	out->dbg_l2.inv_mask = r->dbg_l2_inv_mask_o;
	out->dbg_l2.clear = r->dbg_l2_clear_o;
	out->dbg_l2.touch = r->dbg_l2_touch_o;
	out->dbg_l2.touch_set = r->dbg_l2_touch_set_o;
	out->dbg_l2.plru = r->dbg_l2_plru_o;
	out->dbg_walker = r->dbg_walker_o;
	out->dbg_miss = r->dbg_miss_o;
	out->dbg_fence = r->dbg_fence_o;
}

// Bit I of a register of any width.
template <typename T> bool bit(const T &reg, unsigned int i)
{
	return reg >> i & 1;
}

template <std::size_t Words> bool bit(const VlWide<Words> &reg, unsigned int i)
{
	return reg[i / 32] >> i % 32 & 1;
}

// An entry as docs/contract.md section 13 lays it out: tag above data of WIDTH bits.
void entry(uint64_t tag, uint64_t data, unsigned int width, uint64_t to[2])
{
	to[0] = tag << width | data;
	to[1] = tag >> (64 - width);
}

void counters(const tw_rtl *rtl, uint64_t counter[TW_EVENTS])
{
	const auto *r = instance(rtl)->top->rootp;

	for (unsigned int i = 0; i < TW_EVENTS; i++)
		counter[i] = r->TW_IN(u_counters, count_q)[i];
}

void preset_counters(tw_rtl *rtl, const uint64_t counter[TW_EVENTS])
{
	auto *r = instance(rtl)->top->rootp;

	for (unsigned int i = 0; i < TW_EVENTS; i++)
		r->TW_IN(u_counters, count_q)[i] = counter[i];
}

void arrays(const tw_rtl *rtl, struct tw_mmu_arrays *a)
{
	const auto *r = instance(rtl)->top->rootp;
	const tw_config *c = instance(rtl)->config;
	const unsigned int tlb_width = 60, pwc_width = 51;

	std::memset(a, 0, sizeof(*a));
#define FULLY_ASSOCIATIVE(u, n, width, to)        \
	for (unsigned int i = 0; i < (n); i++)    \
		if (bit(r->TW_IN(u, valid_q), i)) \
	entry(r->TW_IN(u, tag_q)[i], r->TW_IN(u, data_q)[i], width, (to)[i])
	FULLY_ASSOCIATIVE(u_l1f, c->l1_entries[0], tlb_width, a->l1[0]);
	FULLY_ASSOCIATIVE(u_l1d, c->l1_entries[1], tlb_width, a->l1[1]);
	FULLY_ASSOCIATIVE(u_sp, c->l2_sp_entries, tlb_width, a->sp);
	FULLY_ASSOCIATIVE(u_pwc, c->pwc_entries, pwc_width, a->pwc);
#undef FULLY_ASSOCIATIVE
	for (unsigned int set = 0; set < c->l2_sets; set++) {
		for (unsigned int node = 0; node + 1 < c->l2_ways; node++)
			a->l2_plru[set] = static_cast<uint8_t>(
				a->l2_plru[set] | bit(r->TW_IN(u_l2, plru_q)[node], set) << node);
		for (unsigned int way = 0; way < c->l2_ways; way++) {
			unsigned int at = set * c->l2_ways + way;

			if (!bit(r->TW_IN(u_l2, valid_q)[way], set))
				continue;
			a->l2_valid[set] = static_cast<uint8_t>(a->l2_valid[set] | 1u << way);
			entry(r->TW_IN(u_l2, tag_q)[at], r->TW_IN(u_l2, data_q)[at], tlb_width,
			      a->l2[set][way]);
		}
	}
	counters(rtl, a->counter);
}

int save(tw_rtl *rtl, tw_rtl_image *image)
{
	Instance *i = instance(rtl);
	Writer writer(image);

	writer.write(&i->cycle, sizeof(i->cycle));
	writer << *i->top;
	writer.flush();
	return writer.failed() ? -ENOMEM : 0;
}

void load(tw_rtl *rtl, const tw_rtl_image *image)
{
	Instance *i = instance(rtl);
	Reader reader(image);

	reader.read(&i->cycle, sizeof(i->cycle));
	reader >> *i->top;
}

// Random registers first, then two cycles of reset; the cycle after them is cycle 0.
int create(uint64_t seed, tw_rtl **rtl)
{
	tw_mmu_in in = {};
	Instance *i = new (std::nothrow) Instance;

	if (!i)
		return -ENOMEM;
	i->ops = &TW_CAT(tw_rtl_ops_, TW_RTL_NAME);
	i->failed = nullptr;
	i->config = tw_config_find(TW_STR(TW_RTL_NAME));
	i->context.randReset(2);
	// Verilator takes seed 0 for "any".
	i->context.randSeed(static_cast<int>(seed % 0x7ffffffe + 1));
	i->context.traceEverOn(true);
	i->context.fatalOnError(false);
	Verilated::threadContextp(&i->context);
	i->top.reset(new (std::nothrow) TW_RTL_CLASS(&i->context, "twinwalk"));
	if (!i->top) {
		delete i;
		return -ENOMEM;
	}
	in.rst = true;
	tick(i, &in);
	tick(i, &in);
	i->cycle = 0;
	*rtl = i;
	return 0;
}

} // namespace

extern "C" const tw_rtl_ops TW_CAT(tw_rtl_ops_, TW_RTL_NAME) = {
	TW_STR(TW_RTL_NAME), create, destroy,	tick,	    pins, counters,
	preset_counters,     arrays, wave_open, wave_close, save, load,
};
