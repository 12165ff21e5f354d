// SPDX-License-Identifier: Apache-2.0
// Constants and pure functions that every block shares: widths, codes, the layout of entries and responses, and the
// tables of the page-table formats. Invariant: everything that differs between formats is a row of a function keyed by
// the format code (fmt_*), so that a format is added here and not in the blocks.
// Codes are those of include/twinwalk/arch.h; layouts are those of docs/contract.md, section 13.
`default_nettype none

package tw_pkg;

  // ---- Widths -------------------------------------------------------------------------------------------------------

  localparam int IdW   = 4;            // request id
  localparam int VaW   = 64;           // virtual address
  localparam int VpnW  = 36;           // VA bits 47:12
  localparam int PaW   = 56;           // physical address
  localparam int PpnW  = 44;           // PA bits 55:12
  localparam int AsidW = 16;
  localparam int LevelW = 3;
  localparam int FlagsW = 12;

  // ---- Codes --------------------------------------------------------------------------------------------------------

  localparam logic [3:0] FmtBare  = 4'd0;
  localparam logic [3:0] FmtLong4 = 4'd6;
  localparam logic [3:0] FmtSv39  = 4'd8;

  localparam logic [1:0] AccFetch = 2'd0;  // 1 load, 2 store, 3 read-modify-write
  localparam logic [1:0] PrivU    = 2'd0;
  localparam logic [1:0] PrivM    = 2'd3;

  localparam logic [2:0] Size4K   = 3'd0;
  localparam logic [2:0] Size64K  = 3'd1;
  localparam logic [2:0] Size2M   = 3'd2;
  localparam logic [2:0] Size4M   = 3'd3;
  localparam logic [2:0] Size1G   = 3'd4;
  localparam logic [2:0] Size512G = 3'd5;
  localparam logic [2:0] Size256T = 3'd6;

  localparam logic [1:0] FaultNone   = 2'd0;
  localparam logic [1:0] FaultPage   = 2'd1;
  localparam logic [1:0] FaultAccess = 2'd2;
  localparam logic [1:0] FaultCanon  = 2'd3;

  // Bits of the FLAGS register.
  localparam int FlagAdue    = 0;
  localparam int FlagPbmte   = 1;
  localparam int FlagSvnapot = 2;
  localparam int FlagSvrsw   = 3;
  localparam int FlagWp      = 4;
  localparam int FlagNxe     = 5;
  localparam int FlagSmep    = 6;
  localparam int FlagSmap    = 7;
  localparam int FlagPge     = 8;
  localparam int FlagGbPages = 9;
  localparam int FlagPke     = 10;

  // x86 page-fault error code bits.
  localparam logic [5:0] PfP    = 6'h01;
  localparam logic [5:0] PfRsvd = 6'h08;
  localparam logic [5:0] PfPk   = 6'h20;

  // Outcome of decoding one page-table entry.
  localparam logic [1:0] KindFault   = 2'd0;
  localparam logic [1:0] KindPointer = 2'd1;
  localparam logic [1:0] KindLeaf    = 2'd2;

  // ---- Attributes of a request that travel with it: {mxr, sum, priv, access} ----------------------------------------

  localparam int AttrW = 6;

  function automatic logic is_write(input logic [AttrW-1:0] attr);
    is_write = attr[1];  // store, read-modify-write
  endfunction

  function automatic logic is_fetch(input logic [AttrW-1:0] attr);
    is_fetch = attr[1:0] == AccFetch;
  endfunction

  function automatic logic is_user(input logic [AttrW-1:0] attr);
    is_user = attr[3:2] == PrivU;
  endfunction

  // ---- Events: bits of events_o and numbers of the counters (include/twinwalk/events.def) ---------------------------

  localparam int Events = 32;
  localparam int EvL1fHit      = 0;  // 4 bits, by size
  localparam int EvL1dHit      = 4;  // 4 bits, by size
  localparam int EvL1fMiss     = 8;
  localparam int EvL1dMiss     = 9;
  localparam int EvDirectF     = 10;
  localparam int EvDirectD     = 11;
  localparam int EvL2Hit       = 12;  // 4 bits, by size
  localparam int EvWalkStart   = 16;
  localparam int EvMerge       = 17;
  localparam int EvNoWalker    = 18;
  localparam int EvPwcStart    = 19;
  localparam int EvWalkOk      = 20;
  localparam int EvWalkFault   = 21;
  localparam int EvWalkRestart = 22;
  localparam int EvCasLost     = 23;
  localparam int EvMemRead     = 24;
  localparam int EvMemCas      = 25;
  localparam int EvPwcFill     = 26;
  localparam int EvWalkKilled  = 27;
  localparam int EvFence       = 28;
  localparam int EvCtrl        = 29;
  localparam int EvReqStall    = 30;
  localparam int EvRespStall   = 31;

  // ---- TLB entry: tag = {VPN, ASID}, data = {PPN, size, global, R, W, X, U, D, attr, protection key} ----------------

  localparam int TagW  = VpnW + AsidW;
  localparam int DataW = 60;
  localparam int DataPkey   = 0;   // 4 bits
  localparam int DataAttr   = 4;   // 3 bits
  localparam int DataD      = 7;
  localparam int DataRights = 8;   // 4 bits: {R, W, X, U}
  localparam int DataGlobal = 12;
  localparam int DataSize   = 13;  // 3 bits
  localparam int DataPpn    = 16;  // 44 bits

  // Walk-cache entry: the same tag, data = {PPN, level, G, X, U, W}.
  localparam int PwcDataW  = 51;
  localparam int RightsW   = 4;    // {G, X, U, W}: what is known from the levels above
  localparam logic [RightsW-1:0] RightsRoot = 4'b0111;
  localparam int PwcLevels = 4;    // levels that an entry can lead to: all but that of the highest root
  localparam int PwcLevel  = 4;    // 3 bits
  localparam int PwcPpn    = 7;    // 44 bits

  // The VPN bits that a page of this size compares; the others come from the address.
  function automatic logic [VpnW-1:0] size_mask(input logic [2:0] size);
    case (size)
      Size4K:   size_mask = 36'hf_ffff_ffff;
      Size64K:  size_mask = 36'hf_ffff_fff0;
      Size2M:   size_mask = 36'hf_ffff_fe00;
      Size4M:   size_mask = 36'hf_ffff_fc00;
      Size1G:   size_mask = 36'hf_fffc_0000;
      Size512G: size_mask = 36'hf_f800_0000;
      Size256T: size_mask = 36'h0_0000_0000;
      default:  size_mask = 36'hf_ffff_ffff;
    endcase
  endfunction

  // The tag bits that an entry compares: the VPN above its page, and the ASID unless it is global.
  function automatic logic [TagW-1:0] tag_mask(input logic [2:0] size, input logic is_global);
    tag_mask = {size_mask(size), {AsidW{!is_global}}};
  endfunction

  // The physical address of va in the page that data describes. The PPN's bits below the page size are zero.
  function automatic logic [PaW-1:0] page_pa(input logic [DataW-1:0] data, input logic [VaW-1:0] va);
    page_pa = {data[DataPpn +: PpnW] | {8'd0, va[47:12] & ~size_mask(data[DataSize +: 3])}, va[11:0]};
  endfunction

  // Index of a page size in the four event bits "by size".
  function automatic logic [3:0] size_event(input logic [2:0] size);
    case (size)
      Size4K:         size_event = 4'b0001;
      Size64K:        size_event = 4'b0010;
      Size2M, Size4M: size_event = 4'b0100;
      default:        size_event = 4'b1000;
    endcase
  endfunction

  // ---- Response: addr (PA, or the VA of a fault) and info = {size, global, attr, fault, cause} ----------------------

  localparam int InfoW = 15;
  localparam int InfoCause  = 0;   // 6 bits
  localparam int InfoFault  = 6;   // 2 bits
  localparam int InfoAttr   = 8;   // 3 bits
  localparam int InfoGlobal = 11;
  localparam int InfoSize   = 12;  // 3 bits

  function automatic logic [InfoW-1:0] info_page(input logic [DataW-1:0] data);
    info_page = {data[DataSize +: 3], data[DataGlobal], data[DataAttr +: 3], FaultNone, 6'd0};
  endfunction

  function automatic logic [InfoW-1:0] info_fault(input logic [1:0] fault, input logic [5:0] cause);
    info_fault = {7'd0, fault, cause};
  endfunction

  // Error code (x86) with the given P, RSVD and PK bits: W, U and I follow from the request.
  function automatic logic [5:0] x86_code(input logic [FlagsW-1:0] flags, input logic [AttrW-1:0] attr,
                                          input logic [5:0] bits);
    x86_code = bits | {1'b0, is_fetch(attr) && (flags[FlagNxe] || flags[FlagSmep]), 1'b0, is_user(attr), is_write(attr),
                       1'b0};
  endfunction

  // Cause of a page fault: RISC-V 12, 13, 15, or the error code.
  function automatic logic [5:0] page_cause(input logic x86, input logic [FlagsW-1:0] flags,
                                            input logic [AttrW-1:0] attr, input logic [5:0] bits);
    if (x86) page_cause = x86_code(flags, attr, bits);
    else     page_cause = is_fetch(attr) ? 6'd12 : is_write(attr) ? 6'd15 : 6'd13;
  endfunction

  // Cause of an access fault: RISC-V 1, 5, 7, or an error code with P = 0.
  function automatic logic [5:0] access_cause(input logic x86, input logic [FlagsW-1:0] flags,
                                              input logic [AttrW-1:0] attr);
    if (x86) access_cause = x86_code(flags, attr, 6'd0);
    else     access_cause = is_fetch(attr) ? 6'd1 : is_write(attr) ? 6'd7 : 6'd5;
  endfunction

  // ---- Page-table formats: a new format is a new row in each function -----------------------------------------------

  // Family: x86 entries and rules, or RISC-V ones.
  function automatic logic fmt_x86(input logic [3:0] fmt);
    case (fmt)
      FmtLong4: fmt_x86 = 1'b1;
      default:  fmt_x86 = 1'b0;
    endcase
  endfunction

  // Level of the root table.
  function automatic logic [LevelW-1:0] fmt_root_level(input logic [3:0] fmt);
    case (fmt)
      FmtLong4: fmt_root_level = 3'd3;
      default:  fmt_root_level = 3'd2;  // Sv39
    endcase
  endfunction

  // VA bits that are all equal in a canonical address.
  function automatic logic [VaW-1:0] fmt_canon_mask(input logic [3:0] fmt);
    case (fmt)
      FmtSv39:  fmt_canon_mask = 64'hffff_ffc0_0000_0000;  // 63:38
      FmtLong4: fmt_canon_mask = 64'hffff_8000_0000_0000;  // 63:47
      default:  fmt_canon_mask = 64'd0;
    endcase
  endfunction

  function automatic logic canonical(input logic [3:0] fmt, input logic [VaW-1:0] va);
    canonical = (va & fmt_canon_mask(fmt)) == 64'd0 || (~va & fmt_canon_mask(fmt)) == 64'd0;
  endfunction

  // log2 of the entries of a table; all tables of a format are alike.
  function automatic logic [3:0] fmt_index_bits(input logic [3:0] fmt);
    case (fmt)
      FmtSv39, FmtLong4: fmt_index_bits = 4'd9;
      default:           fmt_index_bits = 4'd0;
    endcase
  endfunction

  // Page size of a leaf at a level.
  function automatic logic [2:0] fmt_leaf_size(input logic [3:0] fmt, input logic [LevelW-1:0] level);
    case ({fmt_index_bits(fmt), level})
      {4'd9, 3'd1}: fmt_leaf_size = Size2M;
      {4'd9, 3'd2}: fmt_leaf_size = Size1G;
      default:      fmt_leaf_size = Size4K;
    endcase
  endfunction

  // Whether an entry at this level may be a leaf (x86: may have PS = 1, given support for 1 GB pages).
  function automatic logic fmt_leaf_ok(input logic [3:0] fmt, input logic [LevelW-1:0] level, input logic gb_pages);
    case (fmt)
      FmtLong4: fmt_leaf_ok = level < 3'd2 || (level == 3'd2 && gb_pages);
      default:  fmt_leaf_ok = 1'b1;
    endcase
  endfunction

  // The VPN bits above the part that indexes the table at a level.
  function automatic logic [VpnW-1:0] prefix_mask(input logic [3:0] fmt, input logic [LevelW-1:0] level);
    case ({fmt_index_bits(fmt), level})
      {4'd9, 3'd0}: prefix_mask = 36'hf_ffff_fe00;
      {4'd9, 3'd1}: prefix_mask = 36'hf_fffc_0000;
      {4'd9, 3'd2}: prefix_mask = 36'hf_f800_0000;
      default:      prefix_mask = 36'h0_0000_0000;
    endcase
  endfunction

  // Physical address of the entry that vpn selects in the table at table_ppn.
  function automatic logic [PaW-1:0] pte_addr(input logic [3:0] fmt, input logic [PpnW-1:0] table_ppn,
                                              input logic [LevelW-1:0] level, input logic [VpnW-1:0] vpn);
    case ({fmt_index_bits(fmt), level})
      {4'd9, 3'd0}: pte_addr = {table_ppn, vpn[8:0], 3'd0};
      {4'd9, 3'd1}: pte_addr = {table_ppn, vpn[17:9], 3'd0};
      {4'd9, 3'd2}: pte_addr = {table_ppn, vpn[26:18], 3'd0};
      default:      pte_addr = {table_ppn, vpn[35:27], 3'd0};
    endcase
  endfunction

endpackage

`default_nettype wire
