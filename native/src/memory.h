// Large, aligned, zeroed blocks of floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

// Under the address sanitizer a block comes from the heap, which has forbidden ground around it.
#if defined(__SANITIZE_ADDRESS__)
#include <cstdlib>
#elif defined(__linux__) || defined(__APPLE__)
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
    bytes_ = count * sizeof(T);
#ifdef FT_MMAP
    // An mmap that succeeds promises no memory on Linux: pages come, as zeros, when they are first written. What is never touched
    // costs nothing, and what is too much may end the process later instead of throwing here.
    // Whole huge pages, and one more to find a place where one can begin.
    const bool huge = bytes_ >= kHugePage / 2;
    bytes_ = huge ? roundUp(bytes_, kHugePage) + kHugePage : roundUp(bytes_, kPage);
    base_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) throw std::bad_alloc();
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(base_);
    data_ = reinterpret_cast<T*>(huge ? roundUp(address, kHugePage) : address);
#ifdef MADV_HUGEPAGE
    if (huge) madvise(data_, roundUp(count * sizeof(T), kHugePage), MADV_HUGEPAGE);
#endif
#elif defined(__SANITIZE_ADDRESS__)
    base_ = std::aligned_alloc(kLine, roundUp(bytes_, kLine));
    if (!base_) throw std::bad_alloc();
    std::memset(base_, 0, bytes_);
    data_ = static_cast<T*>(base_);
#else
    base_ = ::operator new(bytes_, std::align_val_t(kPage));
    std::memset(base_, 0, bytes_);
    data_ = static_cast<T*>(base_);
#endif
  }
  ~Block() {
    if (!data_) return;
#ifdef FT_MMAP
    munmap(base_, bytes_);
#elif defined(__SANITIZE_ADDRESS__)
    std::free(base_);
#else
    ::operator delete(base_, std::align_val_t(kPage));
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
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kPage = 4096, kHugePage = 1u << 21;  // x86-64's, 4 KiB and 2 MiB; where others hold only the hint is lost
  static std::size_t roundUp(std::size_t value, std::size_t step) { return (value + step - 1) / step * step; }
  void swap(Block& other) {
    std::swap(base_, other.base_);
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    std::swap(bytes_, other.bytes_);
  }
  void* base_ = nullptr;  // what the system gave, `bytes_` of it; data_ lies in it
  T* data_ = nullptr;
  std::size_t count_ = 0, bytes_ = 0;
};

}  // namespace ft
