// Large, aligned, zeroed blocks of floats.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#if defined(__linux__) || defined(__APPLE__)
#include <sys/mman.h>
#define FT_MMAP 1
#endif

namespace ft {

/**
 * Owns floats that start as zeros, aligned to a cache line or better. Asks for huge pages where the system has them: a step
 * walks over hundreds of megabytes, and page faults and address look-ups would otherwise take a tenth of it.
 */
template <class T>
class Block {
 public:
  Block() = default;
  /** @throws std::bad_alloc */
  explicit Block(std::size_t count) : count_(count) {
    if (count == 0) return;
    bytes_ = (count * sizeof(T) + kPage - 1) / kPage * kPage;
#ifdef FT_MMAP
    void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    if (bytes_ >= (1u << 21)) madvise(memory, bytes_, MADV_HUGEPAGE);
#endif
#else
    void* memory = ::operator new(bytes_, std::align_val_t(kPage));
    std::memset(memory, 0, bytes_);
#endif
    data_ = static_cast<T*>(memory);
  }
  ~Block() {
    if (!data_) return;
#ifdef FT_MMAP
    munmap(data_, bytes_);
#else
    ::operator delete(data_, std::align_val_t(kPage));
#endif
  }
  Block(Block&& other) noexcept { swap(other); }
  Block& operator=(Block&& other) noexcept {
    Block moved(std::move(other));
    swap(moved);
    return *this;
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  T* data() const { return data_; }
  std::size_t size() const { return count_; }

 private:
  static constexpr std::size_t kPage = 4096;
  void swap(Block& other) {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    std::swap(bytes_, other.bytes_);
  }
  T* data_ = nullptr;
  std::size_t count_ = 0, bytes_ = 0;
};

}  // namespace ft
