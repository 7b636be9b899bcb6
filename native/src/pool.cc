#include "pool.h"

#include <chrono>

namespace ft {
namespace {

/** Looks for work or for the end of a run before a thread lets others have its core; some hundred microseconds. */
constexpr int kSpins = 20000;
/** A thread gives way to every other, but does not sleep, for as long as this after a step. */
constexpr std::chrono::microseconds kGrace{1000};
/** An item number that no run reaches: nothing to take. */
constexpr std::uint64_t kClosed = 0x7fffffff;

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

Pool::Pool(int threads) : shares_(new Share[threads > 1 ? threads : 1]) {
  workers_.reserve(threads > 1 ? threads - 1 : 0);
  for (int i = 1; i < threads; i++) workers_.emplace_back([this, i] { work(i); });
}

Pool::~Pool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    run_.ending.store(true);  // under the lock: no thread is between its look at this and its sleep
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::run(int count, Function function, void* context) {
  if (count <= 0) return;
  if (workers_.empty() || count == 1) {
    for (int item = 0; item < count; item++) function(context, item, 0);
    return;
  }
  const std::uint32_t generation = run_.generation.load(std::memory_order_relaxed) + 1;
  const std::uint64_t run = static_cast<std::uint64_t>(generation) << 32;
  // Closed before the count changes. A late thread of the last run may have read the end of a share, and take it for an item by the
  // new, larger count: that it has seen this count means that it finds the share changed when it tries.
  for (int i = 0; i < threads(); i++) shares_[i].next.store(run | kClosed, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  run_.count.store(count, std::memory_order_release);
  run_.function = function;
  run_.context = context;
  done_.store(0, std::memory_order_relaxed);
  for (int i = 0; i < threads(); i++)
    shares_[i].next.store(run | static_cast<std::uint64_t>(shareBegin(i, count)), std::memory_order_release);
  // In one order with a worker's going to sleep (it writes sleeping_, then reads generation; here it is the other way round): either
  // it sees this run or it is seen asleep. With release and acquire both could miss, and it would sleep through the run.
  run_.generation.store(generation, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }
  takeItems(0, run);
  for (int spins = 0; done_.load(std::memory_order_acquire) != count; spins++) {
    if (spins < kSpins)
      relax();
    else
      std::this_thread::yield();  // fewer free cores than threads
  }
}

/** Own items first, then those of the next threads; the caller does so too, so a run ends even if no worker wakes. */
void Pool::takeItems(int thread, std::uint64_t run) {
  int done = 0;
  for (int turn = 0; turn < threads(); turn++) {
    const int owner = (thread + turn) % threads();
    std::atomic<std::uint64_t>& shared = shares_[owner].next;
    for (;;) {
      std::uint64_t next = shared.load(std::memory_order_acquire);
      const int count = run_.count.load(std::memory_order_acquire);
      if ((next & ~kClosed) != run || static_cast<int>(next & kClosed) >= shareBegin(owner + 1, count)) break;
      // Fails where another thread was faster, or the run is over: then all is looked at again.
      if (!shared.compare_exchange_weak(next, next + 1, std::memory_order_acq_rel)) continue;
      run_.function(run_.context, static_cast<int>(next & kClosed), thread);
      done++;
    }
  }
  // Once a thread, not once an item: it is a line that all of them write.
  if (done > 0) done_.fetch_add(done, std::memory_order_release);
}

/** A thread's life: spins during a step, gives way for a moment after it, then sleeps. It ends from its sleep alone. */
void Pool::work(int thread) {
  std::uint32_t seen = 0;
  const auto waits = [&] { return run_.generation.load(std::memory_order_acquire) == seen; };
  for (;;) {
    for (int spins = 0; waits() && run_.awake.load(std::memory_order_relaxed) && spins < kSpins; spins++) relax();
    // The next step may follow at once. A thread that slept would be woken beside the one that wakes it, on the same core,
    // and a short step would be over before the system has found it another.
    const auto until = std::chrono::steady_clock::now() + kGrace;
    while (waits() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    if (waits()) {
      std::unique_lock<std::mutex> lock(mutex_);
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return run_.generation.load(std::memory_order_seq_cst) != seen || run_.ending.load(); });
      sleeping_.fetch_sub(1, std::memory_order_seq_cst);
      if (run_.ending.load()) return;
    }
    seen = run_.generation.load(std::memory_order_acquire);
    takeItems(thread, static_cast<std::uint64_t>(seen) << 32);
  }
}

}  // namespace ft
