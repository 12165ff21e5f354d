// SPDX-License-Identifier: Apache-2.0
//
// The address space that the kernel (here: QEMU) builds before the program's first instruction: the
// segments of the program and of its interpreter, the stack, and the break. /proc/self/maps tells
// where QEMU put which file; the regions and their rights come from the files' program headers,
// because QEMU never maps the program's code executable.
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

#define PAGE	    UINT64_C(4096)
#define GUEST_END   (TW_STREAM_GUEST_BASE + (UINT64_C(3) << 37)) // the most a recorder can rebase
#define MAX_SEGMENT 64

struct elf {
	int n;
	Elf64_Phdr load[MAX_SEGMENT];
};

struct region { // a line of /proc/self/maps
	uint64_t start, end, offset;
	char prot[5];
	char path[4096];
};

static uint64_t page_down(uint64_t v)
{
	return v & ~(PAGE - 1);
}

static uint64_t page_up(uint64_t v)
{
	return page_down(v + PAGE - 1);
}

static void read_elf(const char *path, struct elf *elf)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	elf->n = 0;
	if (fd >= 0 && pread(fd, &ehdr, sizeof(ehdr), 0) == sizeof(ehdr) &&
	    !memcmp(ehdr.e_ident, ELFMAG, SELFMAG) && ehdr.e_phentsize == sizeof(phdr)) {
		for (int i = 0; i < ehdr.e_phnum && elf->n < MAX_SEGMENT; i++) {
			off_t at = (off_t)(ehdr.e_phoff + (uint64_t)i * sizeof(phdr));

			if (pread(fd, &phdr, sizeof(phdr), at) == sizeof(phdr) &&
			    phdr.p_type == PT_LOAD)
				elf->load[elf->n++] = phdr;
		}
	}
	if (fd >= 0)
		close(fd);
	if (!elf->n)
		tw_out_die("cannot read the ELF file %s", path);
}

static void out_map(uint64_t start, uint64_t end, uint64_t prot, int file, uint64_t offset)
{
	struct tw_stream_event e = {
		.addr = start, .len = end - start, .prot = prot, .file = file, .offset = offset};

	e.flags = TW_TRACE_MAP_PRIVATE | (file < 0 ? TW_TRACE_MAP_ANONYMOUS : 0);
	if (e.len)
		tw_out_event(TW_TRACE_MAP, &e);
}

// The segments of the image whose first page is at this region's start. Returns where they end.
static uint64_t out_image(const struct region *r)
{
	uint64_t bias, end = 0;
	struct elf elf;
	struct stat st;
	int file;

	if (stat(r->path, &st))
		tw_out_die("cannot read %s", r->path);
	read_elf(r->path, &elf);
	file = tw_out_file(&st, r->path);
	bias = r->start - TW_STREAM_GUEST_BASE - page_down(elf.load[0].p_vaddr);
	for (int i = 0; i < elf.n; i++) {
		const Elf64_Phdr *p = &elf.load[i];
		uint64_t start = page_down(bias + p->p_vaddr);
		uint64_t file_end = page_up(bias + p->p_vaddr + p->p_filesz);
		uint64_t prot = 0;

		if (p->p_flags & PF_R)
			prot |= TW_TRACE_PROT_READ;
		if (p->p_flags & PF_W)
			prot |= TW_TRACE_PROT_WRITE;
		if (p->p_flags & PF_X)
			prot |= TW_TRACE_PROT_EXEC;
		if (!p->p_filesz)
			file_end = start;
		end = page_up(bias + p->p_vaddr + p->p_memsz);
		out_map(start, file_end, prot, file, page_down(p->p_offset));
		if (end > file_end)
			out_map(file_end, end, prot, -1, 0);
	}
	return end;
}

// A number in base 16 and the character that must follow it.
static const char *parse_hex(const char *p, char then, uint64_t *v)
{
	char *end;

	if (!p)
		return NULL;
	*v = strtoull(p, &end, 16);
	return end != p && *end == then ? end + 1 : NULL;
}

// START-END PROT OFFSET DEVICE INODE [PATH]
static bool parse_region(const char *line, struct region *r)
{
	const char *p = parse_hex(line, '-', &r->start);

	p = parse_hex(p, ' ', &r->end);
	if (!p || strlen(p) < 5)
		return false;
	memcpy(r->prot, p, 4);
	r->prot[4] = '\0';
	p = parse_hex(p + 5, ' ', &r->offset);
	if (!p)
		return false;
	for (int field = 0; field < 2; field++) { // device, inode
		p += strcspn(p, " \n");
		p += strspn(p, " ");
	}
	snprintf(r->path, sizeof(r->path), "%.*s", (int)strcspn(p, "\n"), p);
	return true;
}

static bool next_region(FILE *maps, struct region *r)
{
	char line[4400];

	while (fgets(line, sizeof(line), maps)) {
		if (!parse_region(line, r))
			tw_out_die("cannot understand /proc/self/maps: %s", line);
		if (r->start >= TW_STREAM_GUEST_BASE && r->end <= GUEST_END)
			return true;
	}
	return false;
}

void tw_layout(uint64_t stack_size)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t guard_end = 0, image_end = 0, brk = 0;
	bool stack = false;
	struct region r;

	if (!maps)
		tw_out_die("cannot open /proc/self/maps");
	while (next_region(maps, &r)) {
		uint64_t start = r.start - TW_STREAM_GUEST_BASE;

		if (!memcmp(r.prot, "---", 3)) { // reserved, or the guard below the stack
			guard_end = r.end;
		} else if (r.path[0] == '/' && !r.offset && start >= image_end) {
			image_end = out_image(&r);
			if (!brk) // the program is below its interpreter and its stack
				brk = image_end;
		} else if (r.path[0] != '/' && !stack && start >= image_end &&
			   r.start == guard_end && r.end - r.start >= stack_size) {
			struct tw_stream_event e = {
				.addr = start,
				.len = stack_size,
				.prot = TW_TRACE_PROT_READ | TW_TRACE_PROT_WRITE,
				.flags = TW_TRACE_MAP_PRIVATE | TW_TRACE_MAP_ANONYMOUS |
					 TW_TRACE_MAP_GROWSDOWN,
				.file = -1};

			stack = true;
			tw_out_event(TW_TRACE_MAP, &e);
		}
	}
	fclose(maps);
	if (!stack || !brk)
		tw_out_die("cannot find the program's %s in /proc/self/maps",
			   stack ? "image" : "stack");
	tw_out_event(TW_TRACE_BRK, &(struct tw_stream_event){.result = (int64_t)brk, .file = -1});
}
