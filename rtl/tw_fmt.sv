// SPDX-License-Identifier: Apache-2.0
// Page sizes, and page-table formats as data: one row of Table each, and what follows from the rows - the widths that a
// configuration needs, and the arithmetic of addresses and levels. Invariant: a radix format is added by writing its
// row; whatever a row cannot say is the family's (tw_scheme_riscv, tw_scheme_x86). Functions of `formats`, a mask of
// codes, are evaluated when the design is elaborated; `row` is the row of the format that is in force, zero for bare.
// Codes: include/twinwalk/arch.h. Sources: RISC-V privileged architecture, "Sv32" to "Sv57"; Intel SDM volume 3, 4.3 to
// 4.5.
`default_nettype none

package tw_fmt;

  // ---- Page sizes ---------------------------------------------------------------------------------------------------

  localparam logic [2:0] Size4K   = 3'd0;
  localparam logic [2:0] Size64K  = 3'd1;
  localparam logic [2:0] Size2M   = 3'd2;
  localparam logic [2:0] Size4M   = 3'd3;
  localparam logic [2:0] Size1G   = 3'd4;
  localparam logic [2:0] Size512G = 3'd5;
  localparam logic [2:0] Size256T = 3'd6;

  // The VPN bits that a page of this size compares; the others come from the address.
  function automatic logic [tw_pkg::VpnW-1:0] size_mask(input logic [2:0] size);
    case (size)
      Size64K:  size_mask = {tw_pkg::VpnW{1'b1}} << 4;
      Size2M:   size_mask = {tw_pkg::VpnW{1'b1}} << 9;
      Size4M:   size_mask = {tw_pkg::VpnW{1'b1}} << 10;
      Size1G:   size_mask = {tw_pkg::VpnW{1'b1}} << 18;
      Size512G: size_mask = {tw_pkg::VpnW{1'b1}} << 27;
      Size256T: size_mask = {tw_pkg::VpnW{1'b1}} << 36;
      default:  size_mask = {tw_pkg::VpnW{1'b1}};
    endcase
  endfunction

  // The tag bits that an entry compares: the VPN above its page, and the ASID unless it is global.
  function automatic logic [tw_pkg::TagW-1:0] tag_mask(input logic [2:0] size, input logic is_global);
    tag_mask = tw_pkg::tag_bits(size_mask(size), !is_global);
  endfunction

  // The physical address of va in the page that data describes. The PPN's bits below the page size are zero.
  function automatic logic [tw_pkg::PaW-1:0] page_pa(input logic [tw_pkg::DataW-1:0] data,
                                                     input logic [tw_pkg::VaW-1:0] va);
    logic [tw_pkg::VpnW-1:0] page;
    page    = size_mask(tw_pkg::data_size(data));
    page_pa = {data[tw_pkg::DataPpn +: tw_pkg::PpnW] | (va[12 +: tw_pkg::PpnW] & ~page[tw_pkg::PpnW-1:0]), va[11:0]};
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

  // ---- A row --------------------------------------------------------------------------------------------------------

  localparam int Codes  = 16;
  localparam int Levels = 5;              // tables on the longest walk of any format

  localparam int RowVa     = 0;           // 6 bits: VA bits; 32: the upper half of an address does not exist
  localparam int RowRoot   = 6;           // 3 bits: level of the root table
  localparam int RowNarrow = 9;           // entries have 4 bytes, not 8
  localparam int RowSizes  = 10;          // 3 bits for each level, 0 lowest: size of a leaf there
  localparam int RowEnds   = 25;          // 6 bits for each level: the VPN bit after the index of its tables
  localparam int RowX86    = 55;          // family: x86, not RISC-V
  localparam int RowNx     = 56;          // x86: entries have a no-execute bit
  localparam int RowPkey   = 57;          // x86: leaves have a protection key
  localparam int RowPse    = 58;          // x86: large pages need CR4.PSE, and have PSE-36
  localparam int RowRoots  = 59;          // x86: four root entries, read when the root is written
  localparam int RowHigh   = 60;          // x86: bits 62:52 of an entry are reserved
  localparam int RowW      = 61;          // what a format in force needs of its row
  localparam int RowPpn    = 61;          // 6 bits: of a physical page number
  localparam int RowBits   = 67;

  // Leaf sizes, of the levels 4 to 0: none where no leaf is allowed.
  localparam logic [2:0]  None  = 3'd7;
  localparam logic [14:0] Rv64  = {Size256T, Size512G, Size1G, Size2M, Size4K};
  localparam logic [14:0] X64   = {None, None, Size1G, Size2M, Size4K};
  localparam logic [14:0] Small = {None, None, None, Size4M, Size4K};
  localparam logic [14:0] Pae   = {None, None, None, Size2M, Size4K};

  // Ends of the indices of the levels 4 to 0.
  localparam logic [29:0] Nines = {6'd45, 6'd36, 6'd27, 6'd18, 6'd9};
  localparam logic [29:0] Tens  = {6'd0, 6'd0, 6'd0, 6'd20, 6'd10};

  // Family and what else is one bit, from RowX86 on.
  localparam logic [5:0] Riscv = 6'h00;
  localparam logic [5:0] X86   = 6'h01;
  localparam logic [5:0] Nx    = 6'h02;
  localparam logic [5:0] Pkey  = 6'h04;
  localparam logic [5:0] Pse   = 6'h08;
  localparam logic [5:0] Roots = 6'h10;
  localparam logic [5:0] High  = 6'h20;

  localparam logic [RowBits-1:0] No = '0;

  localparam logic [Codes*RowBits-1:0] Table = {
    // PPN   traits                   ends   sizes  4 B   root  VA
    No,                                                                  // 15
    No,                                                                  // 14
    No,                                                                  // 13
    No,                                                                  // 12
    No,                                                                  // 11
    {6'd44, Riscv,                    Nines, Rv64,  1'b0, 3'd4, 6'd57},  // 10 Sv57
    {6'd44, Riscv,                    Nines, Rv64,  1'b0, 3'd3, 6'd48},  //  9 Sv48
    {6'd44, Riscv,                    Nines, Rv64,  1'b0, 3'd2, 6'd39},  //  8 Sv39
    {6'd40, X86 | Nx | Pkey,          Nines, X64,   1'b0, 3'd4, 6'd57},  //  7 x86 five-level
    {6'd40, X86 | Nx | Pkey,          Nines, X64,   1'b0, 3'd3, 6'd48},  //  6 x86 four-level
    {6'd40, X86 | Nx | Roots | High,  Nines, Pae,   1'b0, 3'd1, 6'd32},  //  5 x86 PAE
    {6'd28, X86 | Pse,                Tens,  Small, 1'b1, 3'd1, 6'd32},  //  4 x86 two-level
    No,                                                                  //  3
    No,                                                                  //  2
    {6'd22, Riscv,                    Tens,  Small, 1'b1, 3'd1, 6'd32},  //  1 Sv32
    No                                                                   //  0 bare
  };

  // ---- What a configuration needs -----------------------------------------------------------------------------------

  // The largest value of a field of the rows.
  function automatic int most(input int formats, input int at, input int mask);
    most = 0;
    for (int f = 0; f < Codes; f++)
      if (((formats >> f) & 1) != 0 && (32'(Table[f*RowBits+at +: 6]) & mask) > most)
        most = 32'(Table[f*RowBits+at +: 6]) & mask;
  endfunction

  // Whether a field of one bit has this value in some row.
  function automatic int any(input int formats, input int at, input int value);
    any = 0;
    for (int f = 0; f < Codes; f++)
      if (((formats >> f) & 1) != 0 && 32'(Table[f*RowBits+at +: 1]) == value) any = 1;
  endfunction

  function automatic int vpn_w(input int formats);
    vpn_w = most(formats, RowVa, 63) - 12;
  endfunction

  function automatic int ppn_w(input int formats);
    ppn_w = most(formats, RowPpn, 63);
  endfunction

  // Entries, of 8 or 4 bytes.
  function automatic int entry_w(input int formats);
    entry_w = any(formats, RowNarrow, 0) != 0 ? 64 : 32;
  endfunction

  // A VA that is legal, or a PA, so that va_from() restores it.
  function automatic int addr_w(input int formats);
    addr_w = vpn_w(formats) > 20 ? 57 : ppn_w(formats) > 20 ? ppn_w(formats) + 12 : 32;
  endfunction

  // A page's attributes: PBMT, or PAT, PCD and PWT.
  function automatic int attr_w(input int formats);
    attr_w = any(formats, RowX86, 1) != 0 ? 3 : any(formats, RowNarrow, 0) != 0 ? 2 : 0;
  endfunction

  function automatic int pkey_w(input int formats);
    pkey_w = any(formats, RowPkey, 1) != 0 ? 4 : 0;
  endfunction

  // VPN bits at which the index of some level begins, and the widest index and offset of an entry in its table.
  function automatic logic [63:0] starts(input int formats);
    starts = 64'd1;
    for (int f = 0; f < Codes; f++)
      if (((formats >> f) & 1) != 0)
        for (int l = 1; l < Levels; l++)
          if (l <= 32'(Table[f*RowBits+RowRoot +: 3]))
            starts = starts | (64'd1 << 32'(Table[f*RowBits+RowEnds+6*(l-1) +: 6]));
  endfunction

  function automatic int offset_w(input int formats);
    int first, last, bytes;
    offset_w = 0;
    for (int f = 0; f < Codes; f++) begin
      first = 0;
      bytes = 3 - 32'(Table[f*RowBits+RowNarrow +: 1]);
      for (int l = 0; l < Levels; l++) begin
        last = 32'(Table[f*RowBits+RowEnds+6*l +: 6]);
        if (((formats >> f) & 1) != 0 && l <= 32'(Table[f*RowBits+RowRoot +: 3]) && last - first + bytes > offset_w)
          offset_w = last - first + bytes;
        first = last;
      end
    end
  endfunction

  // The VPN bits that a configuration has.
  function automatic logic [tw_pkg::VpnW-1:0] vpn_mask(input int formats);
    vpn_mask = ~({tw_pkg::VpnW{1'b1}} << vpn_w(formats));
  endfunction

  // ---- The format in force ------------------------------------------------------------------------------------------

  function automatic logic [RowW-1:0] row_of(input int formats, input logic [3:0] fmt);
    row_of = '0;
    for (int f = 0; f < Codes; f++)
      if (((formats >> f) & 1) != 0 && fmt == 4'(f)) row_of = Table[f*RowBits +: RowW];
  endfunction

  // Whether it is the row of a format of the configuration.
  function automatic logic known(input int formats, input logic [RowW-1:0] row);
    known = 1'b0;
    for (int f = 0; f < Codes; f++)
      if (((formats >> f) & 1) != 0 && row == Table[f*RowBits +: RowW]) known = 1'b1;
  endfunction

  // Not bare.
  function automatic logic translates(input logic [RowW-1:0] row);
    translates = row[RowVa+5];  // 32 bits or more
  endfunction

  function automatic logic x86(input logic [RowW-1:0] row);
    x86 = row[RowX86];
  endfunction

  function automatic logic has_nx(input logic [RowW-1:0] row);
    has_nx = row[RowNx];
  endfunction

  function automatic logic has_pkey(input logic [RowW-1:0] row);
    has_pkey = row[RowPkey];
  endfunction

  function automatic logic has_pse(input logic [RowW-1:0] row);
    has_pse = row[RowPse];
  endfunction

  function automatic logic has_high(input logic [RowW-1:0] row);
    has_high = row[RowHigh];
  endfunction

  function automatic logic narrow(input logic [RowW-1:0] row);
    narrow = row[RowNarrow];
  endfunction

  function automatic logic roots(input logic [RowW-1:0] row);
    roots = row[RowRoots];
  endfunction

  function automatic logic [tw_pkg::LevelW-1:0] root_level(input logic [RowW-1:0] row);
    root_level = row[RowRoot +: tw_pkg::LevelW];
  endfunction

  // Size of a leaf at a level; None: there are none.
  function automatic logic [2:0] leaf_size(input logic [RowW-1:0] row, input logic [tw_pkg::LevelW-1:0] level);
    leaf_size = None;
    for (int l = 0; l < Levels; l++) if (level == 3'(l)) leaf_size = row[RowSizes+3*l +: 3];
  endfunction

  // The VPN bits above the part that indexes the tables of a level.
  function automatic logic [tw_pkg::VpnW-1:0] prefix_mask(input logic [RowW-1:0] row,
                                                          input logic [tw_pkg::LevelW-1:0] level);
    logic [5:0] last;
    last = '0;
    for (int l = 0; l < Levels; l++) if (level == 3'(l)) last = row[RowEnds+6*l +: 6];
    prefix_mask = {tw_pkg::VpnW{1'b1}} << last;
  endfunction

  // The VPN bit at which the index of a level begins: where that of the level below ends.
  function automatic logic [5:0] index_start(input logic [RowW-1:0] row, input logic [tw_pkg::LevelW-1:0] level);
    index_start = '0;
    for (int l = 1; l < Levels; l++) if (level == 3'(l)) index_start = row[RowEnds+6*(l-1) +: 6];
  endfunction

  // The address as the format sees it.
  function automatic logic [tw_pkg::VaW-1:0] va_of(input logic [RowW-1:0] row, input logic [tw_pkg::VaW-1:0] va);
    va_of = row[RowVa +: 6] == 6'd32 ? {32'd0, va[31:0]} : va;
  endfunction

  // All bits from the highest one of the format on are equal; 32 bits are always legal.
  function automatic logic legal(input logic [RowW-1:0] row, input logic [tw_pkg::VaW-1:0] va);
    logic [tw_pkg::VaW-1:0] high;
    high  = {tw_pkg::VaW{1'b1}} << (row[RowVa +: 6] - 6'd1);
    legal = row[RowVa +: 6] == 6'd32 || (va & high) == '0 || (~va & high) == '0;
  endfunction

endpackage

`default_nettype wire
