// Threads that compute the parts of one operation at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace ft {

/**
 * A fixed set of threads. `run` hands out the items 0..count-1 in order, each to whichever thread is free, and returns when
 * all are done. What an item computes may not depend on the thread it runs on: that is what makes every result the same
 * at any number of threads.
 *
 * Between the operations of a step the threads look for work for some microseconds, since waking a sleeping thread takes
 * longer than many operations; without a step they sleep.
 */
class Pool {
 public:
  /** @param threads at least 1, the calling thread among them */
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  using Function = void (*)(void* context, int item, int thread);
  /** One caller at a time; `function` must not throw. */
  void run(int count, Function function, void* context);

 private:
  void work(int thread);
  void takeItems(int thread, std::uint64_t first);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Function function_ = nullptr;
  void* context_ = nullptr;
  std::atomic<int> count_{0};
  /** Upper 32 bits: which run; lower 32: the next item. A thread that comes late finds another run and takes nothing. */
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<int> done_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> ending_{false};
};

/** `body(item, thread)` for every item. */
template <class Body>
void parallel(Pool& pool, int count, Body&& body) {
  pool.run(
      count, [](void* context, int item, int thread) { (*static_cast<Body*>(context))(item, thread); }, &body);
}

}  // namespace ft
