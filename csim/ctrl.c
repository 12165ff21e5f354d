// SPDX-License-Identifier: Apache-2.0
// The control registers; see ctrl.h. Their contents are a struct tw_ctx, whose reset values and
// writes others need too. Invariant: a context made by these functions holds only supported values.
#include "ctrl.h"

#include "hw_driver.h"
#include "root_load.h"

#define FLAGS_MASK 0xfffu

static uint64_t low_bits(unsigned int n)
{
	return (UINT64_C(1) << n) - 1;
}

void tw_ctx_reset(struct tw_ctx *ctx)
{
	*ctx = (struct tw_ctx){.format = TW_FMT_BARE, .maxphyaddr = 52};
}

uint64_t tw_ctx_root_word(const struct tw_ctx *ctx)
{
	uint64_t field = tw_arch_root_entries(ctx) ? ctx->root_low >> 5 : ctx->asid;

	return (uint64_t)ctx->format << 60 | field << 44 | ctx->root_ppn;
}

static bool format_supported(const struct tw_config *cfg, unsigned int format)
{
	return format == TW_FMT_BARE || (cfg->formats >> format & 1);
}

// Where entries of the root are kept, it is no table, and its address has bits in the ASID's place.
static void write_root(struct tw_ctx *ctx, const struct tw_config *cfg, uint64_t value)
{
	uint64_t asid = value >> 44 & 0xffff;
	struct tw_widths widths;

	tw_config_widths(cfg, &widths);
	ctx->format = (enum tw_format)(value >> 60);
	ctx->root_ppn = value & low_bits(widths.ppn);
	ctx->asid = ctx->root_low = 0;
	if (tw_arch_root_entries(ctx))
		ctx->root_low = (uint16_t)((asid & 0x7f) << 5);
	else
		ctx->asid = (uint16_t)(asid & low_bits(cfg->asid_bits));
}

bool tw_ctx_write(struct tw_ctx *ctx, const struct tw_config *cfg, unsigned int reg, uint64_t value)
{
	switch (reg) {
	case TW_CTRL_ROOT:
		if (!format_supported(cfg, (unsigned int)(value >> 60)))
			return false;
		write_root(ctx, cfg, value);
		return true;
	case TW_CTRL_FLAGS:
		ctx->flags = (uint32_t)value & FLAGS_MASK;
		return true;
	case TW_CTRL_PKRU:
		ctx->pkru = (uint32_t)value;
		return true;
	case TW_CTRL_PHYS:
		// Only bits 5:0 exist.
		if ((value & 63) < 36 || (value & 63) > 52)
			return false;
		ctx->maxphyaddr = value & 63;
		return true;
	default:
		return false;
	}
}

// What follows from the registers.
static void derive(struct ctrl *c)
{
	c->format = tw_format_get(c->ctx.format);
	c->rooted = !tw_arch_root_entries(&c->ctx);
	if (c->format)
		tw_arch_root(&c->ctx, &c->root);
	c->va_bits = c->format ? c->format->va_bits : 0;
	// Formats of 32 bits have no sign, and no upper half.
	c->va_mask = c->va_bits == 32 ? UINT32_MAX : UINT64_MAX;
	c->half = c->va_bits > 32 ? UINT64_C(1) << (c->va_bits - 1) : 0;
}

void tw_ctrl_reset(struct ctrl *c, const struct tw_config *cfg)
{
	struct tw_widths widths;

	tw_config_widths(cfg, &widths);
	*c = (struct ctrl){.pa_bits = widths.pa};
	tw_ctx_reset(&c->ctx);
	derive(c);
}

static void take(struct ctrl *c, const struct tw_config *cfg, const struct tw_mmu_in *in)
{
	struct tw_ctx next = c->ctx;

	c->pending = true;
	c->addr = in->ctrl_addr & 3;
	c->data = in->ctrl_data;
	c->loads = c->addr == TW_CTRL_ROOT && tw_ctx_write(&next, cfg, c->addr, c->data) &&
		   tw_arch_root_entries(&next);
}

bool tw_ctrl_clock(struct ctrl *c, const struct tw_config *cfg, const struct tw_mmu_in *in,
		   bool applies, const struct root_loaded *loaded)
{
	enum tw_format format = c->ctx.format;

	c->refused = false;
	if (!c->pending) {
		if (in->ctrl_valid)
			take(c, cfg, in);
		return false;
	}
	if (!applies)
		return false;
	c->pending = false;
	if (c->loads) {
		c->refused = !loaded->good;
		if (loaded->good)
			c->ctx = loaded->ctx;
	} else {
		c->refused = !tw_ctx_write(&c->ctx, cfg, c->addr, c->data);
	}
	derive(c);
	return c->ctx.format != format;
}
