// SPDX-License-Identifier: Apache-2.0
// The control registers; see ctrl.h. Their contents are a struct tw_ctx, whose reset values and
// writes others need too. Invariant: a context made by these functions holds only supported values.
#include "ctrl.h"

#include "hw_driver.h"

#define FLAGS_MASK 0xfffu
#define PPN_MASK   ((UINT64_C(1) << 44) - 1)

void tw_ctx_reset(struct tw_ctx *ctx)
{
	*ctx = (struct tw_ctx){.format = TW_FMT_BARE, .maxphyaddr = 52};
}

uint64_t tw_ctx_root_word(const struct tw_ctx *ctx)
{
	return (uint64_t)ctx->format << 60 | (uint64_t)(ctx->asid | ctx->root_low) << 44 |
	       ctx->root_ppn;
}

static bool format_supported(const struct tw_config *cfg, unsigned int format)
{
	return format == TW_FMT_BARE || (cfg->formats >> format & 1);
}

bool tw_ctx_write(struct tw_ctx *ctx, const struct tw_config *cfg, unsigned int reg, uint64_t value)
{
	switch (reg) {
	case TW_CTRL_ROOT:
		if (!format_supported(cfg, (unsigned int)(value >> 60)))
			return false;
		ctx->format = (enum tw_format)(value >> 60);
		ctx->asid = (uint16_t)(value >> 44 & ((1u << cfg->asid_bits) - 1));
		ctx->root_ppn = value & PPN_MASK;
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

void tw_ctrl_reset(struct ctrl *c)
{
	*c = (struct ctrl){.pending = false};
	tw_ctx_reset(&c->ctx);
}

bool tw_ctrl_clock(struct ctrl *c, const struct tw_config *cfg, const struct tw_mmu_in *in,
		   bool misses_free)
{
	enum tw_format format = c->ctx.format;

	c->refused = false;
	if (!c->pending) {
		if (in->ctrl_valid) {
			c->pending = true;
			c->addr = in->ctrl_addr & 3;
			c->data = in->ctrl_data;
		}
		return false;
	}
	if (!ctrl_applies(c, misses_free))
		return false;
	c->pending = false;
	c->refused = !tw_ctx_write(&c->ctx, cfg, c->addr, c->data);
	c->format = tw_format_get(c->ctx.format);
	if (c->format) {
		c->va_bits = c->format->va_bits;
		// Formats of 32 bits have no sign.
		c->half = c->va_bits == 32 ? 0 : UINT64_C(1) << (c->va_bits - 1);
	}
	return c->ctx.format != format;
}
