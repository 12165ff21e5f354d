// SPDX-License-Identifier: Apache-2.0
// See wave_io.h.
#include "wave_io.h"

#include <cerrno>

namespace
{

tw_rtl_context *context()
{
	return static_cast<tw_rtl_context *>(Verilated::threadContextp());
}

// Notes errno if something failed.
bool note(bool failed)
{
	if (failed && !context()->wave_error)
		context()->wave_error = errno ? errno : EIO;
	return failed;
}

std::FILE *open_fd(int fd)
{
	std::FILE *f = fd < 0 ? nullptr : fdopen(fd, "w+b");

	if (note(!f) && fd >= 0)
		close(fd);
	return f;
}

} // namespace

std::FILE *tw_wave_tmpfile()
{
	return open_fd(memfd_create("twinwalk-wave", MFD_CLOEXEC));
}

// The output, the list of signals that it writes beside it, or some file of the system.
std::FILE *tw_wave_fopen(const char *name, const char *mode)
{
	if (!std::strcmp(name, TW_WAVE_NAME))
		return open_fd(dup(context()->wave_fd));
	if (!std::strcmp(name, TW_WAVE_NAME ".hier"))
		return tw_wave_tmpfile();
	return std::fopen(name, mode);
}

int tw_wave_fclose(std::FILE *f)
{
	// What a call that is not seen here failed to write, like fputc, is remembered by the file.
	bool before = std::ferror(f) != 0;
	int result = std::fclose(f);

	note(result != 0);
	if (before && !context()->wave_error)
		context()->wave_error = EIO;
	return result;
}

int tw_wave_fflush(std::FILE *f)
{
	int result = std::fflush(f);

	note(result != 0);
	return result;
}

int tw_wave_fseeko(std::FILE *f, off_t offset, int whence)
{
	int result = fseeko(f, offset, whence);

	note(result != 0);
	return result;
}

std::size_t tw_wave_fwrite(const void *p, std::size_t size, std::size_t n, std::FILE *f)
{
	std::size_t result = std::fwrite(p, size, n, f);

	note(result != n);
	return result;
}

// Bytes that the file lacks, and what cannot be mapped, are zeros in memory: the writer goes on, to
// no avail.
void *tw_wave_mmap(void *addr, std::size_t len, int prot, int flags, int fd, off_t offset)
{
	struct stat st;
	void *p = MAP_FAILED;

	errno = 0;
	if (!note(fstat(fd, &st) != 0 ||
		  static_cast<uint64_t>(st.st_size) < static_cast<uint64_t>(offset) + len))
		p = mmap(addr, len, prot, flags, fd, offset);
	if (p == MAP_FAILED) {
		note(true);
		p = mmap(nullptr, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	return p;
}
