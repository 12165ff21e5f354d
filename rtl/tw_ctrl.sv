// SPDX-License-Identifier: Apache-2.0
// Control registers: one pending write, applied when no miss is in flight, so that a walk uses one set of values from
// its beginning to its end. A root that has entries inside the MMU is applied when the root loader has them. Invariant:
// the registers change only at the end of a cycle in which the miss queue is free. docs/contract.md, section 3.
`include "tw_assert.svh"
`default_nettype none

module tw_ctrl #(
  parameter int AsidBits = 16,
  parameter int Formats  = 'h140
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,

  input  wire logic                       ctrl_valid_i,    // from pins
  output logic                            ctrl_ready_o,    // to pins
  output logic                            ctrl_refused_o,  // to pins: the write applied last changed nothing
  input  wire logic [1:0]                 ctrl_addr_i,
  input  wire logic [63:0]                ctrl_data_i,

  input  wire logic                       misses_free_i,   // from the miss queue: all entries are free
  output logic                            pending_o,       // to the request stages, which stop
  output logic                            load_o,          // to the root loader: fetch the entries of this root
  output logic [tw_pkg::PpnW-1:0]         load_ppn_o,
  output logic [6:0]                      load_low_o,      // address bits 11:5
  input  wire logic                       load_done_i,     // from the root loader
  input  wire logic                       load_bad_i,
  output logic                            apply_o,         // event: the pending write is applied
  output logic                            clear_o,         // to all TLBs and the walk cache: the format changes

  // The registers: to every block that translates.
  output logic [tw_fmt::RowW-1:0]         row_o,           // the format in force
  output logic [tw_pkg::AsidW-1:0]        asid_o,
  output logic [tw_pkg::PpnW-1:0]         root_ppn_o,
  output logic [tw_pkg::FlagsW-1:0]       flags_o,
  output logic [31:0]                     pkru_o,
  output logic [5:0]                      maxphyaddr_o
);

  localparam logic [1:0] AddrRoot  = 2'd0;
  localparam logic [1:0] AddrFlags = 2'd1;
  localparam logic [1:0] AddrPkru  = 2'd2;
  localparam logic [1:0] AddrPhys  = 2'd3;

  localparam int PpnBits = tw_fmt::ppn_w(Formats);
  localparam int HasX86  = tw_fmt::any(Formats, tw_fmt::RowX86, 1);
  localparam int HasPkey = tw_fmt::any(Formats, tw_fmt::RowPkey, 1);
  localparam logic [5:0] MinPhys = 6'd36;
  localparam logic [5:0] MaxPhys = 6'd52;

  logic        pending_q;
  logic [1:0]  addr_q;
  logic [63:0] data_q;

  logic [3:0]                fmt_q;
  logic [AsidBits-1:0]       asid_q;
  logic [PpnBits-1:0]        ppn_q;
  logic [tw_pkg::FlagsW-1:0] flags_q;

  logic                    refused_q, root_ok, phys_ok, ok;
  logic [3:0]              new_fmt;
  logic [tw_fmt::RowW-1:0] new_row;

  assign new_fmt = data_q[63:60];
  assign new_row = tw_fmt::row_of(Formats, new_fmt);

  assign ctrl_ready_o = !pending_q;
  assign pending_o    = pending_q;
  assign load_o       = pending_q && misses_free_i && addr_q == AddrRoot && tw_fmt::roots(new_row);
  assign load_ppn_o   = tw_pkg::PpnW'(PpnBits'(data_q[43:0]));
  assign load_low_o   = data_q[50:44];
  assign apply_o      = pending_q && misses_free_i && (!load_o || load_done_i);

  assign root_ok = new_fmt == '0 || (tw_fmt::translates(new_row) && !(load_o && load_bad_i));
  assign phys_ok = data_q[5:0] >= MinPhys && data_q[5:0] <= MaxPhys;
  assign ok      = addr_q == AddrRoot ? root_ok : addr_q == AddrFlags || addr_q == AddrPkru || phys_ok;
  assign clear_o = apply_o && addr_q == AddrRoot && root_ok && new_fmt != fmt_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      pending_q <= 1'b0;
    end else if (ctrl_valid_i && ctrl_ready_o) begin
      pending_q <= 1'b1;
    end else if (apply_o) begin
      pending_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) refused_q <= 1'b0;
    else       refused_q <= apply_o && !ok;
  end

  assign ctrl_refused_o = refused_q;

  always_ff @(posedge clk_i) begin
    if (ctrl_valid_i && ctrl_ready_o) begin
      addr_q <= ctrl_addr_i;
      data_q <= ctrl_data_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      fmt_q   <= '0;
      asid_q  <= '0;
      ppn_q   <= '0;
      flags_q <= '0;
    end else if (apply_o && ok) begin
      if (addr_q == AddrRoot) begin
        fmt_q  <= new_fmt;
        asid_q <= tw_fmt::roots(new_row) ? '0 : data_q[44 +: AsidBits];
        ppn_q  <= data_q[PpnBits-1:0];
      end
      if (addr_q == AddrFlags) flags_q <= data_q[tw_pkg::FlagsW-1:0];
    end
  end

  if (HasPkey != 0) begin : g_pkru
    logic [31:0] pkru_q;

    always_ff @(posedge clk_i) begin
      if (rst_i) pkru_q <= '0;
      else if (apply_o && addr_q == AddrPkru) pkru_q <= data_q[31:0];
    end

    assign pkru_o = pkru_q;
  end else begin : g_no_pkru
    assign pkru_o = '0;
  end

  if (HasX86 != 0) begin : g_phys
    logic [5:0] phys_q;

    always_ff @(posedge clk_i) begin
      if (rst_i) phys_q <= MaxPhys;
      else if (apply_o && ok && addr_q == AddrPhys) phys_q <= data_q[5:0];
    end

    assign maxphyaddr_o = phys_q;
  end else begin : g_no_phys
    assign maxphyaddr_o = MaxPhys;
  end

  assign row_o      = tw_fmt::row_of(Formats, fmt_q);
  assign asid_o     = tw_pkg::AsidW'(asid_q);
  assign root_ppn_o = tw_pkg::PpnW'(ppn_q);
  assign flags_o    = flags_q;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A load ends only while one is wanted.
  `TW_EXPECT(load_done_i, load_o)

  // A write is applied when no miss is in flight; the registers hold legal values.
  `TW_CHECK(apply_o, misses_free_i && pending_q && maxphyaddr_o >= MinPhys && maxphyaddr_o <= MaxPhys &&
                     (fmt_q == '0 || tw_fmt::translates(row_o)))

  // What is refused was applied, and a register that is as wide as its value refuses nothing.
  `TW_CHECK(ctrl_refused_o, ctrl_ready_o && addr_q != AddrFlags && addr_q != AddrPkru)

  // A root that has entries inside the MMU has no ASID.
  `TW_CHECK(tw_fmt::roots(row_o), asid_o == '0)

`ifdef FORMAL
  logic                                           was_alive_q, applied_q, cleared_q;
  logic [3:0]                                     past_fmt_q;
  logic [AsidBits+PpnBits+tw_pkg::FlagsW+38-1:0]  past_q;

  always_ff @(posedge clk_i) begin
    was_alive_q <= alive_q && !rst_i;
    applied_q   <= apply_o && ok;
    cleared_q   <= clear_o;
    past_fmt_q  <= fmt_q;
    past_q      <= {asid_q, ppn_q, flags_q, pkru_o, maxphyaddr_o};
  end

  // The registers always hold legal values.
  `TW_CHECK(1'b1, maxphyaddr_o >= MinPhys && maxphyaddr_o <= MaxPhys && (fmt_q == '0 || tw_fmt::translates(row_o)))

  // The format changes only with a clear.
  `TW_CHECK(was_alive_q && fmt_q != past_fmt_q, cleared_q)

  // Nothing changes unless a write is applied, and not refused.
  `TW_CHECK(was_alive_q && !applied_q, fmt_q == past_fmt_q && past_q == {asid_q, ppn_q, flags_q, pkru_o, maxphyaddr_o})
`endif

endmodule

`default_nettype wire
