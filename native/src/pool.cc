#include "pool.h"

namespace ft {
namespace {

/** Looks for work or for the end of a run before a thread lets others have its core; some hundred microseconds. */
constexpr int kSpins = 20000;
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
    ending_.store(true);
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
  const std::uint64_t generation = generation_.load(std::memory_order_relaxed) + 1u;
  const std::uint64_t run = (generation & 0xffffffffu) << 32;
  // Closed while the fields change: a late thread of the last run must not take an item by the new count.
  for (int i = 0; i < threads(); i++) shares_[i].next.store(run | kClosed);
  function_ = function;
  context_ = context;
  done_.store(0, std::memory_order_relaxed);
  count_.store(count);
  for (int i = 0; i < threads(); i++) shares_[i].next.store(run | static_cast<std::uint64_t>(shareBegin(i, count)));
  generation_.store(static_cast<std::uint32_t>(generation));
  if (sleeping_.load() > 0) {
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

void Pool::takeItems(int thread, std::uint64_t run) {
  int done = 0;
  for (int turn = 0; turn < threads(); turn++) {
    const int owner = (thread + turn) % threads();
    std::atomic<std::uint64_t>& shared = shares_[owner].next;
    for (;;) {
      std::uint64_t next = shared.load();
      if ((next & ~kClosed) != run || static_cast<int>(next & kClosed) >= shareBegin(owner + 1, count_.load())) break;
      if (!shared.compare_exchange_weak(next, next + 1)) continue;
      function_(context_, static_cast<int>(next & kClosed), thread);
      done++;
    }
  }
  // Once a thread, not once an item: it is a line that all of them write.
  if (done > 0) done_.fetch_add(done, std::memory_order_release);
}

void Pool::work(int thread) {
  std::uint32_t seen = 0;
  for (;;) {
    for (int spins = 0; generation_.load() == seen && awake_.load() && spins < kSpins; spins++) relax();
    if (generation_.load() == seen) {
      std::unique_lock<std::mutex> lock(mutex_);
      sleeping_.fetch_add(1);
      wake_.wait(lock, [&] { return generation_.load() != seen || ending_.load(); });
      sleeping_.fetch_sub(1);
      if (ending_.load()) return;
    }
    seen = generation_.load();
    takeItems(thread, static_cast<std::uint64_t>(seen) << 32);
  }
}

}  // namespace ft
