// Threads that compute the parts of one operation at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ft {

/**
 * A fixed set of threads. `run` computes the items 0..count-1 and returns when all are done. Each thread begins with a
 * share of its own, the same from one operation to the next, so that what it has written is still in its cache when the
 * next operation reads it; a thread that is done takes over from the others. What an item computes may not depend on
 * the thread it runs on: that is what makes every result the same at any number of threads.
 *
 * Between the operations of a step the threads look for work all the time, since waking a sleeping thread takes longer than
 * many operations. A moment after a step they sleep: the cores belong to others.
 */
class Pool {
 public:
  /** @param threads at least 1, the calling thread among them */
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /** Held while one operation follows the other. */
  class Awake {
   public:
    explicit Awake(Pool& pool) : pool_(pool) { pool_.run_.awake.store(true); }
    ~Awake() { pool_.run_.awake.store(false); }
    Awake(const Awake&) = delete;
    Awake& operator=(const Awake&) = delete;

   private:
    Pool& pool_;
  };

  using Function = void (*)(void* context, int item, int thread);
  /** One caller at a time; `function` must not throw. */
  void run(int count, Function function, void* context);

 private:
  void work(int thread);
  void takeItems(int thread, std::uint64_t generation);
  int shareBegin(int thread, int count) const {
    return static_cast<int>(static_cast<std::int64_t>(count) * thread / threads());
  }

  /**
   * The next item of a thread's share in the lower 32 bits, above them which run it belongs to: a thread that comes late
   * finds another run and takes nothing.
   */
  struct alignas(64) Share {
    std::atomic<std::uint64_t> next{0};
  };
  /** What a run is. Written before `generation`, which publishes it. */
  struct alignas(64) Run {
    std::atomic<std::uint32_t> generation{0};
    std::atomic<int> count{0};
    Function function = nullptr;
    void* context = nullptr;
    std::atomic<bool> awake{false}, ending{false};
  };

  // A cache line each for what one thread writes while others wait for something else.
  Run run_;
  alignas(64) std::atomic<int> done_{0};
  alignas(64) std::atomic<int> sleeping_{0};
  std::unique_ptr<Share[]> shares_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
};

/** `body(item, thread)` for every item. */
template <class Body>
void parallel(Pool& pool, int count, Body&& body) {
  pool.run(
      count, [](void* context, int item, int thread) { (*static_cast<Body*>(context))(item, thread); }, &body);
}

}  // namespace ft
