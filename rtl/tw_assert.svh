// SPDX-License-Identifier: Apache-2.0
// Properties in the one form on which Verilator, Icarus and Yosys agree: an antecedent, and what must then hold, under a
// comment that is the property in one sentence. Invariant: every property has a cover of its antecedent, because one macro
// makes both. Clocked properties hold from the first reset on, except in cycles with rst_i high. A simulation starts in
// reset, a proof in any state.
//
//   `TW_ALIVE               once in a module with clocked properties: a reset has been seen
//   `TW_CHECK(when, what)   what the module does
//   `TW_EXPECT(when, what)  what its neighbours do to it: assumed where it is proved alone, asserted everywhere else
//   `TW_OUTER(when, what)   as TW_EXPECT, of neighbours beyond the block that contains the module: assumed there, too
//   `TW_TRUE(when, what)    as TW_CHECK, `TW_GIVEN(when, what) as TW_EXPECT, of logic without a clock
//
// Defines from outside:
//   TW_ASSERT   there are properties: set in every Verilator build and in every proof
//   FORMAL      a proof (set by Yosys). Properties are combinational there: a clocked one costs a step of induction.
//               What costs too much in simulation, and lemmas that only help the induction, stand under it too
//   TW_ALONE    the module is proved by itself
//   TW_COVER    not a proof: the antecedents are to be reached
`ifdef TW_ASSERT

`ifdef FORMAL
`define TW_ALIVE \
  logic alive_q = 1'b0; \
  always_ff @(posedge clk_i) if (rst_i) alive_q <= 1'b1;
`define TW_ASSUMED(when, what) always @* if (when) assume (what);
`ifdef TW_COVER
`define TW_ASSERTED(when, what) always @* cover (when);
`else
`define TW_ASSERTED(when, what) always @* if (when) assert (what);
`endif
`define TW_CHECK(when, what) `TW_ASSERTED(alive_q && !rst_i && (when), what)
`define TW_OUTER(when, what) `TW_ASSUMED(alive_q && !rst_i && (when), what)
`define TW_TRUE(when, what) `TW_ASSERTED(when, what)
`ifdef TW_ALONE
`define TW_EXPECT(when, what) `TW_ASSUMED(alive_q && !rst_i && (when), what)
`define TW_GIVEN(when, what) `TW_ASSUMED(when, what)
`else
`define TW_EXPECT(when, what) `TW_ASSERTED(alive_q && !rst_i && (when), what)
`define TW_GIVEN(when, what) `TW_ASSERTED(when, what)
`endif

`else
// Reset is tested before the antecedent, and nothing is remembered: there are some hundred properties, tested in each cycle.
`define TW_ALIVE \
  logic alive_q; \
  assign alive_q = 1'b1;
`define TW_CHECK(when, what) always_ff @(posedge clk_i) if (alive_q && !rst_i) begin if (when) assert (what); end
`define TW_EXPECT(when, what) `TW_CHECK(when, what)
`define TW_OUTER(when, what) `TW_CHECK(when, what)
`define TW_TRUE(when, what)
`define TW_GIVEN(when, what) `TW_TRUE(when, what)
`endif

`else
`define TW_ALIVE
`define TW_CHECK(when, what)
`define TW_EXPECT(when, what)
`define TW_OUTER(when, what)
`define TW_TRUE(when, what)
`define TW_GIVEN(when, what)
`endif
