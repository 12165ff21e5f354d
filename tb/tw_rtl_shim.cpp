// SPDX-License-Identifier: Apache-2.0
// One Verilated configuration of rtl/tw_mmu.sv, or of any RTL with the pins of twinwalk/pins.def,
// behind the functions of rtl.h. What an RTL has besides, the debug view and the arrays of
// rtl/public.vlt, is found out while this is compiled, and read if it is there. Compiled once per
// configuration, with
//   TW_RTL_NAME         the configuration, e.g. tiny; its size is that of the instance that is
//   created TW_RTL_CLASS        the class that Verilator made for it, e.g. Vtw_mmu_tiny
//   TW_RTL_HEADER, TW_RTL_ROOT_HEADER   that class's headers
//   TW_RTL_FOREIGN       1 if the RTL is not ours, else 0
// Invariants: each instance has a context of its own; between calls clk_i is high and the last
// rising edge has been evaluated, so that the outputs, all functions of registers, can be read.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include TW_RTL_HEADER
#include TW_RTL_ROOT_HEADER
#include <verilated_fst_c.h>
#include <verilated_save.h>

#include "rtl.h"
#include "rtl_arrays.h"
#include "twinwalk/config.h"
#include "wave_io.h"

#define TW_STR2(x)    #x
#define TW_STR(x)     TW_STR2(x)
#define TW_CAT2(a, b) a##b
#define TW_CAT(a, b)  TW_CAT2(a, b)

// Seen from outside where the shim is a shared object.
extern "C" __attribute__((visibility("default"))) const tw_rtl_ops TW_CAT(tw_rtl_ops_, TW_RTL_NAME);

namespace
{

struct Instance : tw_rtl {
	tw_rtl_context context;
	std::unique_ptr<TW_RTL_CLASS> top;
	std::unique_ptr<VerilatedFstC> wave;
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

// Pins are scalars of the smallest type that holds them; bits beyond the pin's width are left out.
template <typename Pin> void drive(Pin &pin, unsigned int bits, uint64_t value)
{
	pin = static_cast<Pin>(bits < 64 ? value & ((UINT64_C(1) << bits) - 1) : value);
}

void write_inputs(Instance *i, const tw_mmu_in *in)
{
	auto *r = i->top->rootp;

#define TW_PORT_IN(group, name, bits, type, member)               \
	drive(r->group##_f_##name##_i, bits, in->port[0].member); \
	drive(r->group##_d_##name##_i, bits, in->port[1].member);
#define TW_PORT_REQ(group, name, bits, member) TW_PORT_IN(group, name, bits, , req.member)
#define TW_IN(name, bits, type)		       drive(r->name##_i, bits, in->name);
#include "twinwalk/pins.def"
}

// Verilator sees a rising edge when clk_i is 1 and was 0 in the last evaluation, and every
// evaluation computes all logic behind the inputs, needlessly so at a falling edge. Where the
// remembered level has the name that Verilator 5.006 gives it, it is set to 0 instead of evaluating
// the falling edge: one evaluation per cycle instead of two. Returns false where it has not. Logic
// in which Verilator sees a loop (UNOPTFLAT: a netlist's vectors have such) has to come to rest
// before the edge; ours has none, of other RTL nothing is known.
template <typename Root>
auto forget_clk(Root *r, int) -> decltype(r->__Vtrigrprev__TOP__clk_i, true)
{
	if (!TW_RTL_FOREIGN)
		r->__Vtrigrprev__TOP__clk_i = 0;
	return !TW_RTL_FOREIGN;
}

template <typename Root> bool forget_clk(Root *, long)
{
	return false;
}

// The counters, from the pulses that are on the pins.
void count(Instance *i, bool reset)
{
	if (reset)
		std::memset(i->counter, 0, sizeof(i->counter));
	for (uint32_t e = i->top->rootp->events_o; e; e &= e - 1)
		i->counter[__builtin_ctz(e)]++;
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
	count(i, in->rst);
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

template <typename Pin, typename T> void read(const Pin &pin, T &to)
{
	to = static_cast<T>(pin);
}

template <std::size_t Words> void read(const VlWide<Words> &pin, uint64_t (&to)[2])
{
	static_assert(Words == 4, "a wide pin has 97 to 128 bits");
	to[0] = static_cast<uint64_t>(pin[1]) << 32 | pin[0];
	to[1] = static_cast<uint64_t>(pin[3]) << 32 | pin[2];
}

// Whether an RTL has the whole debug view.
template <typename Root, typename = void> struct View : std::false_type {
};

template <typename Root>
struct View<Root, std::void_t<
#define TW_VIEW(name, bits, member) decltype(Root::name##_o),
#include "twinwalk/pins.def"
			  void>> : std::true_type {
};

template <typename Root> void read_view(const Root *r, tw_mmu_out *out)
{
	if constexpr (View<Root>::value) {
#define TW_VIEW(name, bits, member) read(r->name##_o, out->member);
#include "twinwalk/pins.def"
	}
}

void pins(const tw_rtl *rtl, tw_mmu_out *out)
{
	const auto *r = instance(rtl)->top->rootp;

#define TW_PORT_OUT(group, name, bits, type, member)        \
	read(r->group##_f_##name##_o, out->port[0].member); \
	read(r->group##_d_##name##_o, out->port[1].member);
#define TW_PORT_RESP(group, name, bits, member) TW_PORT_OUT(group, name, bits, , resp.member)
#define TW_OUT(name, bits, type)		read(r->name##_o, out->name);
#include "twinwalk/pins.def"
	read_view(r, out);
}

void arrays(const tw_rtl *rtl, struct tw_mmu_arrays *a)
{
	std::memset(a, 0, sizeof(*a));
	tw_arrays::read(instance(rtl)->top->rootp, &instance(rtl)->config, a);
}

void preset_counters(tw_rtl *rtl, const uint64_t counter[TW_EVENTS])
{
	tw_arrays::write_counters(instance(rtl)->top->rootp, counter);
}

int save(tw_rtl *rtl, tw_rtl_image *image)
{
	Instance *i = instance(rtl);
	Writer writer(image);

	writer.write(&i->cycle, sizeof(i->cycle));
	writer.write(i->counter, sizeof(i->counter));
	writer << *i->top;
	writer.flush();
	return writer.failed() ? -ENOMEM : 0;
}

void load(tw_rtl *rtl, const tw_rtl_image *image)
{
	Instance *i = instance(rtl);
	Reader reader(image);

	reader.read(&i->cycle, sizeof(i->cycle));
	reader.read(i->counter, sizeof(i->counter));
	reader >> *i->top;
}

// Random registers first, then two cycles of reset; the cycle after them is cycle 0.
int create(const tw_config *config, uint64_t seed, tw_rtl **rtl)
{
	tw_mmu_in in = {};
	Instance *i = new (std::nothrow) Instance;

	if (!i)
		return -ENOMEM;
	i->ops = &TW_CAT(tw_rtl_ops_, TW_RTL_NAME);
	i->failed = nullptr;
	i->config = *config;
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

using Root = std::remove_pointer_t<decltype(TW_RTL_CLASS::rootp)>;

extern "C" const tw_rtl_ops TW_CAT(tw_rtl_ops_, TW_RTL_NAME) = {
	TW_STR(TW_RTL_NAME),
	TW_RTL_ABI,
	View<Root>::value *TW_RTL_VIEW | tw_arrays::visible<Root>() * TW_RTL_ARRAYS,
	create,
	destroy,
	tick,
	pins,
	preset_counters,
	arrays,
	wave_open,
	wave_close,
	save,
	load,
};
