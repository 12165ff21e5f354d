// SPDX-License-Identifier: Apache-2.0
// Control registers: one pending write, applied when no miss is in flight, so that a walk uses one set of values from
// its beginning to its end. Invariant: the registers change only at the end of a cycle in which the miss queue is free.
// docs/contract.md, section 3.
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
  output logic                            ctrl_refused_o,  // to pins: the write applied in the last cycle changed nothing
  input  wire logic [1:0]                 ctrl_addr_i,
  input  wire logic [63:0]                ctrl_data_i,

  input  wire logic                       misses_free_i,   // from the miss queue: all entries are free
  output logic                            pending_o,       // to the request stages, which stop
  output logic                            apply_o,         // event: the pending write is applied
  output logic                            clear_o,         // to all TLBs and the walk cache: the format changes

  // The registers: to every block that translates.
  output logic [3:0]                      fmt_o,
  output logic [tw_pkg::AsidW-1:0]        asid_o,
  output logic [tw_pkg::PpnW-1:0]         root_ppn_o,
  output logic [tw_pkg::FlagsW-1:0]       flags_o,
  output logic [31:0]                     pkru_o,
  output logic [5:0]                      maxphyaddr_o
);

  localparam logic [1:0] AddrRoot  = 2'd0;
  localparam logic [1:0] AddrFlags = 2'd1;
  localparam logic [1:0] AddrPkru  = 2'd2;

  logic        pending_q;
  logic [1:0]  addr_q;
  logic [63:0] data_q;

  logic [63:0]               root_q;
  logic [tw_pkg::FlagsW-1:0] flags_q;
  logic [31:0]               pkru_q;
  logic [5:0]                phys_q;

  localparam logic [15:0] Supported = 16'(Formats);
  localparam logic [tw_pkg::AsidW-1:0] AsidMask = tw_pkg::AsidW'((1 << AsidBits) - 1);

  logic        root_ok, phys_ok, refused_q;
  logic [15:0] supported;

  assign supported = Supported;

  assign ctrl_ready_o = !pending_q;
  assign pending_o    = pending_q;
  assign apply_o      = pending_q && misses_free_i;

  assign root_ok = data_q[63:60] == tw_pkg::FmtBare || supported[data_q[63:60]];
  assign phys_ok = data_q[5:0] >= 6'd36 && data_q[5:0] <= 6'd52;
  assign clear_o = apply_o && addr_q == AddrRoot && root_ok && data_q[63:60] != fmt_o;

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
    else       refused_q <= apply_o && !(addr_q == AddrRoot ? root_ok : addr_q == AddrFlags || addr_q == AddrPkru || phys_ok);
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
      root_q  <= '0;
      flags_q <= '0;
      pkru_q  <= '0;
      phys_q  <= 6'd52;
    end else if (apply_o) begin
      case (addr_q)
        AddrRoot:  if (root_ok) root_q <= {data_q[63:60], data_q[59:44] & AsidMask, data_q[43:0]};
        AddrFlags: flags_q <= data_q[tw_pkg::FlagsW-1:0];
        AddrPkru:  pkru_q <= data_q[31:0];
        default:   if (phys_ok) phys_q <= data_q[5:0];
      endcase
    end
  end

  assign fmt_o        = root_q[63:60];
  assign asid_o       = root_q[59:44];
  assign root_ppn_o   = root_q[43:0];
  assign flags_o      = flags_q;
  assign pkru_o       = pkru_q;
  assign maxphyaddr_o = phys_q;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A write is applied when no miss is in flight; the registers hold legal values.
  `TW_CHECK(apply_o, misses_free_i && pending_q && phys_q >= 6'd36 && phys_q <= 6'd52 && (fmt_o == tw_pkg::FmtBare || supported[fmt_o]))

  // What is refused was applied, and a register that is as wide as its value refuses nothing.
  `TW_CHECK(ctrl_refused_o, ctrl_ready_o && addr_q != AddrFlags && addr_q != AddrPkru)

`ifdef FORMAL
  logic         was_alive_q, applied_q, cleared_q;
  logic [113:0] past_q;

  always_ff @(posedge clk_i) begin
    was_alive_q <= alive_q && !rst_i;
    applied_q   <= apply_o;
    cleared_q   <= clear_o;
    past_q      <= {root_q, flags_q, pkru_q, phys_q};
  end

  // The registers always hold legal values.
  `TW_CHECK(1'b1, phys_q >= 6'd36 && phys_q <= 6'd52 && (fmt_o == tw_pkg::FmtBare || supported[fmt_o]))

  // The format changes only with a clear.
  `TW_CHECK(was_alive_q && fmt_o != past_q[113:110], cleared_q)

  // Nothing changes unless a write is applied.
  `TW_CHECK(was_alive_q && !applied_q, past_q == {root_q, flags_q, pkru_q, phys_q})
`endif

endmodule

`default_nettype wire
