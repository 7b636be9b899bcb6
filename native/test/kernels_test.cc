// Every kernel against its plain twin: the definition as loops, in double. Operands are allocated to their exact size, so
// that under AddressSanitizer an access beyond one ends the test; with several threads, under ThreadSanitizer, so does
// a race. Prints each failure with its case, and ends with 1 when there was one.
//
//   kernels_test [threads]

#include <array>

#include "../src/cpu.h"
#include "../src/loss.h"
#include "conv_cases.h"
#include "testing.h"
#include "values_cases.h"

namespace {

void rowCases(const Table& t, Random& random) {
  for (const int rows : {1, 2, 63, 64, 65, 200})
    for (const int channels : {1, 16, 23}) {
      char name[100];
      std::snprintf(name, sizeof name, "%s %d rows of %d channels", t.k.name, rows, channels);
      context = name;
      const int stride = padded(channels);
      const ViewOf x(rows, channels, true, random), y(rows, channels, random.next() % 2, random);
      const Buffer out = buffer(std::size_t(rows) * stride);
      std::vector<double> mean(stride), m2(stride), plain(rows * channels);
      ft::Add f;
      f.rows = rows, f.channels = stride;
      f.x = x.view;
      if (random.next() % 2) f.y = y.view;
      f.out = out->data();
      const Buffer slope = tensor(1, channels, random);
      if (random.next() % 2) f.slope = slope->data();
      f.statistics = {mean.data(), m2.data()};
      std::vector<float> low(stride), high(stride);
      if (random.next() % 2) f.statistics.low = low.data(), f.statistics.high = high.data();
      t.run(f, t.k.addNeeds(f), t.k.add);
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < channels; c++) {
          const double sum = x.value(r, c) + (f.y.x ? y.value(r, c) : 0);
          plain[r * channels + c] = f.slope && sum <= 0 ? sum * (*slope)[c] : sum;
          compare("the sum", (*out)[r * stride + c], plain[r * channels + c], 1);
        }
      expectStatistics(plain, rows, channels, mean, m2);
      if (f.statistics.low) expectEnds(plain, rows, channels, f.statistics);

      const GradientOf d(rows, channels, random.next() % 2, random);
      TargetOf target(x, rows, random.next() % 2, random.next() % 2, random);
      ft::Contribute contribute;
      contribute.rows = rows, contribute.channels = stride;
      contribute.d = d.d;
      contribute.target = target.target;
      t.run(contribute, t.k.contributeNeeds(contribute), t.k.contribute);
      std::vector<double> g(rows * channels);
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < channels; c++) g[r * channels + c] = d.value(r, c);
      target.expect(g);
    }
}

void poolCases(const Table& t, Random& random) {
  for (const int images : {1, 3, 33})
    for (const int pixels : {1, 4, 9})
      for (const bool max : {true, false}) {
        const int channels = 19, stride = padded(channels);
        char name[100];
        std::snprintf(name, sizeof name, "%s %s of %d images of %d pixels", t.k.name, max ? "max" : "mean", images, pixels);
        context = name;
        const ViewOf x(images * pixels, channels, true, random);
        const Buffer out = buffer(std::size_t(images) * stride), dOut = tensor(images, channels, random);
        ft::Pool2d f;
        f.n = images, f.pixels = pixels, f.channels = stride, f.max = max;
        f.x = x.view;
        f.out = out->data();
        t.run(f, t.k.poolNeeds(f), t.k.poolForward);
        std::vector<double> dx(images * pixels * channels);
        for (int n = 0; n < images; n++)
          for (int c = 0; c < channels; c++) {
            double best = -1e30, sum = 0, ties = 0;
            for (int p = 0; p < pixels; p++) {
              best = std::fmax(best, x.value(n * pixels + p, c));
              sum += x.value(n * pixels + p, c);
            }
            for (int p = 0; p < pixels; p++) ties += x.value(n * pixels + p, c) == best;
            compare("the output", (*out)[n * stride + c], max ? best : sum / pixels, 1);
            for (int p = 0; p < pixels; p++) {
              const double share = max ? (x.value(n * pixels + p, c) == best ? 1 / ties : 0) : 1.0 / pixels;
              dx[(n * pixels + p) * channels + c] = share * (*dOut)[n * stride + c];
            }
          }
        TargetOf target(x, images * pixels, random.next() % 2, true, random);
        f.dOut = dOut->data();
        f.target = target.target;
        t.run(f, t.k.poolNeeds(f), t.k.poolBackward);
        target.expect(dx);
      }
}

/** Whole numbers: what is computed is exact, and so is the comparison. */
void integerCases(const Table& t, Random& random) {
  const auto whole = [&](float low, float high) { return std::floor(random.between(low, high)); };
  const auto wholes = [&](std::int64_t rows, int channels, float low, float high) {
    Buffer b = tensor(rows, channels, random);
    for (std::int64_t r = 0; r < rows; r++)
      for (int c = 0; c < channels; c++) (*b)[r * padded(channels) + c] = whole(low, high);
    return b;
  };
  for (const bool depthwise : {false, true})
    for (const int channels : {1, 16, 23})
      for (const int side : {1, 4, 7}) {
        const int outC = depthwise ? channels : 19, k = depthwise ? 3 : 1;
        const Geometry g = geometry(2, side, side, channels, outC, k, k, 1);
        context = std::string(t.k.name) + " integers, " + std::to_string(channels) + " channels, side " + std::to_string(side);
        const int stride = padded(channels), outStride = padded(outC);
        const Buffer x = wholes(g.inRows(), channels, -128, 128);
        const Buffer kernel = depthwise ? wholes(9, channels, -127, 128) : wholes(channels, outC, -127, 128);
        std::vector<double> bias(outStride), multiplier(outStride);
        for (int c = 0; c < outC; c++) bias[c] = whole(-1e6f, 1e6f), multiplier[c] = random.between(1e-3f, 1e-2f);
        const ft::Requantize requantize{bias.data(), multiplier.data(), -100, 90};
        std::vector<double> sums(g.outRows() * outC);
        taps(g, [&](std::int64_t o, std::int64_t in, int tap) {
          for (int co = 0; co < outC; co++)
            for (int ci = depthwise ? co : 0; ci < (depthwise ? co + 1 : channels); ci++)
              sums[o * outC + co] += double((*x)[in * stride + ci]) *
                                     (depthwise ? (*kernel)[tap * stride + co] : (*kernel)[ci * outStride + co]);
        });
        const Buffer out = buffer(g.outRows() * outStride);
        if (depthwise) {
          ft::DepthwiseForward f;
          f.g = g, f.x.x = x->data(), f.kernel = kernel->data(), f.out = out->data();
          f.epilogue.integers = &requantize;
          t.run(f, t.k.depthwiseForwardNeeds(f), t.k.depthwiseForward);
        } else {
          const Buffer panels = buffer(std::size_t(channels) * outStride, 0);
          ft::MatrixBlock m;
          m.values = kernel->data(), m.rows = channels, m.columns = outC, m.rowStride = outStride;
          m.panelRows = channels, m.panelColumns = outStride;
          t.k.packPanels(m, panels->data());
          ft::ConvForward f;
          f.g = g, f.x.x = x->data(), f.panels = panels->data(), f.out = out->data(), f.outStride = outStride;
          f.epilogue.integers = &requantize;
          t.run(f, t.k.convForwardNeeds(f), t.k.convForward);
        }
        for (std::int64_t r = 0; r < g.outRows(); r++)
          for (int c = 0; c < outC; c++) {
            const double q = std::floor((sums[r * outC + c] + bias[c]) * multiplier[c] + 0.5);
            compare("the integer", (*out)[r * outStride + c], std::fmin(90, std::fmax(-100, q)), 0, 0);
          }
        const Buffer y = wholes(g.outRows(), outC, -100, 90);
        const Buffer sum = buffer(g.outRows() * outStride);
        ft::Add add;
        add.rows = g.outRows(), add.channels = outStride;
        add.x.x = out->data(), add.y.x = y->data(), add.out = sum->data();
        add.integers = {true, 400000.25, 524288, 1.7e-6, -90, 80};
        t.run(add, t.k.addNeeds(add), t.k.add);
        for (std::int64_t r = 0; r < g.outRows(); r++)
          for (int c = 0; c < outC; c++) {
            const std::size_t at = r * outStride + c;
            const double both = std::floor((*out)[at] * 400000.25 + 0.5) + std::floor((*y)[at] * 524288.0 + 0.5);
            compare("the integer sum", (*sum)[at], std::fmin(80, std::fmax(-90, std::floor(both * 1.7e-6 + 0.5))), 0, 0);
          }
        const Buffer pooled = buffer(std::size_t(g.n) * outStride);
        ft::Pool2d pool;
        pool.n = g.n, pool.pixels = side * side, pool.channels = outStride, pool.max = channels == 16;
        pool.x.x = y->data(), pool.out = pooled->data();
        pool.integers = {true, -28};
        t.run(pool, t.k.poolNeeds(pool), t.k.poolForward);
        for (int n = 0; n < g.n; n++)
          for (int c = 0; c < outC; c++) {
            long total = 0;
            double most = -1000;
            for (int p = 0; p < side * side; p++) {
              const float value = (*y)[(std::size_t(n) * side * side + p) * outStride + c];
              total += long(value) - 28, most = std::fmax(most, value);
            }
            // C's division of integers truncates, as TFLite's does.
            const long half = side * side / 2, mean = (total > 0 ? total + half : total - half) / (side * side);
            compare("the integer of a pooling", (*pooled)[n * outStride + c], pool.max ? most : double(mean + 28), 0, 0);
          }
      }
}

void optimizerCases(const Table& t, Random& random) {
  for (const std::size_t count : {1u, 3u, 15u, 16u, 17u, 100u}) {
    context = std::string(t.k.name) + " optimizers over " + std::to_string(count);
    const Buffer w = buffer(count), g = buffer(count), m = buffer(count), v = buffer(count);
    std::vector<double> pw(count), pm(count), pv(count);
    for (std::size_t i = 0; i < count; i++) {
      pw[i] = (*w)[i] = random.between(-1, 1);
      (*g)[i] = random.between(-1, 1);
      pm[i] = (*m)[i] = random.between(-1, 1);
      pv[i] = (*v)[i] = random.between(0, 1);
    }
    t.k.adam(w->data(), g->data(), m->data(), v->data(), count, {1e-2f, 0.9f, 0.999f, 1e-7f, 0.1f, 3});
    const double rate = 1e-2f * std::sqrt(1 - std::pow(double(0.999f), 3)) / (1 - std::pow(double(0.9f), 3));
    for (std::size_t i = 0; i < count; i++) {
      pm[i] += ((*g)[i] - pm[i]) * (1 - double(0.9f));
      pv[i] += (double((*g)[i]) * (*g)[i] - pv[i]) * (1 - double(0.999f));
      pw[i] = pw[i] * (1 - double(1e-2f) * double(0.1f)) - rate * pm[i] / (std::sqrt(pv[i]) + 1e-7);
      compare("the first moment", (*m)[i], pm[i], 1, 1e-6);
      compare("the second moment", (*v)[i], pv[i], 1, 1e-6);
      compare("the weight", (*w)[i], pw[i], 1, 1e-6);
      pw[i] = (*w)[i], pm[i] = (*m)[i];
    }
    t.k.momentum(w->data(), g->data(), m->data(), count, {1e-2f, 0.9f});
    for (std::size_t i = 0; i < count; i++) {
      pm[i] = double(0.9f) * pm[i] - double(1e-2f) * (*g)[i];
      compare("the velocity", (*m)[i], pm[i], 1, 1e-6);
      compare("the weight", (*w)[i], pw[i] + pm[i], 1, 1e-6);
    }
    checks++;
    if (!t.k.finite(w->data(), count)) fail("finite numbers are said to be none");
    for (const float bad : {NAN, INFINITY, -INFINITY})
      for (std::size_t i = 0; i < count; i += 7) {
        const float kept = (*w)[i];
        (*w)[i] = bad;
        checks++;
        if (t.k.finite(w->data(), count)) fail("a number that is not finite goes unseen");
        (*w)[i] = kept;
      }
  }
}

/** Gradients of the loss against central differences in float64. With smoothing the gradient is that of the mixed loss. */
void lossCases(ft::Pool& pool, Random& random, double smoothing) {
  context = "softmax cross-entropy, smoothing " + std::to_string(smoothing);
  const int rows = 5, classes = 7, stride = 16;
  const Buffer logits = tensor(rows, classes, random, -4, 4), gradient = buffer(rows * stride);
  (*logits)[3] = 300;  // exp(300) is beyond float32
  const std::vector<std::int32_t> labels = {0, 3, 6, 2, 1};
  std::vector<double> rowLoss(rows);
  std::vector<std::uint8_t> rowCorrect(rows);
  ft::LossBatch batch;
  batch.rows = rows, batch.labels = labels.data();
  batch.outputs[ft::scores] = {logits->data(), gradient->data(), classes, stride};
  batch.rowLoss = rowLoss.data(), batch.rowCorrect = rowCorrect.data();
  const ft::LossSpec loss{ft::lossNamed("softmax"), {smoothing}};
  const ft::LossResult result = loss.kind->compute(pool, loss, batch);
  const auto plain = [&](int row, int moved, double by) {
    double sum = 0, most = -1e30;
    const auto z = [&](int c) { return double((*logits)[row * stride + c]) + (c == moved ? by : 0); };
    for (int c = 0; c < classes; c++) most = std::fmax(most, z(c));
    for (int c = 0; c < classes; c++) sum += std::exp(z(c) - most);
    return std::log(sum) + most - z(labels[row]);
  };
  /** The wished logit moves by the share of the labels that it has. */
  const auto mixed = [&](int row, int moved, double by) {
    double all = 0;
    for (int c = 0; c < classes; c++) all += c == moved ? by : 0;
    const double own = moved == labels[row] ? by : 0;
    return plain(row, moved, by) + smoothing * (own - all / classes);
  };
  double total = 0;
  for (int row = 0; row < rows; row++) {
    total += plain(row, -1, 0);
    for (int c = 0; c < stride; c++) {
      const double difference = c < classes ? (mixed(row, c, 1e-5) - mixed(row, c, -1e-5)) / 2e-5 / rows : 0;
      compare("the gradient", (*gradient)[row * stride + c], difference, 1, 1e-7);
    }
  }
  compare("the loss", result.lossSum, total, 1, 1e-12);
}

void poolHammer(int threads) {
  context = "the pool";
  ft::Pool pool(threads);
  std::vector<int> seen(300);
  for (int round = 0; round < 3000; round++) {
    const int count = round % 299 + 1;
    std::fill(seen.begin(), seen.end(), 0);
    ft::parallel(pool, count, [&](int item, int thread) { seen[item] += thread < threads ? 1 : 1000; });
    checks++;
    for (int i = 0; i < 300; i++)
      if (seen[i] != (i < count ? 1 : 0)) return fail("an item ran " + std::to_string(seen[i]) + " times");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  poolHammer(threads);
  ft::Pool pool(threads);
  Random random{42};
  for (const double smoothing : {0.0, 0.1}) lossCases(pool, random, smoothing);
  for (const ft::Kernels* table : ft::availableKernels()) {
    const Table t{*table, pool};
    for (const int channels : {1, 3, 8, 15, 16, 17, 33})
      for (const int filters : {1, 13, 16, 32, 40, 65})
        convCase(t, geometry(2, 3, 5, channels, filters, 1, 1, 1), false, filters % 2, channels % 2, random);
    for (const int rows : {1, 5, 6, 7, 8, 13, 14, 15, 28, 29, 113, 250})
      // Whole panels, and the half ones of the widest vectors: in the output, then in the input's gradient.
      for (const auto& [channels, filters] : {std::pair{20, 18}, {20, 16}, {16, 20}, {16, 16}})
        convCase(t, geometry(1, rows, 1, channels, filters, 1, 1, 1), false, true, rows % 2, random);
    // Kernels whose gradient is computed apart.
    for (const auto& [channels, filters] : {std::pair{300, 240}, {57, 1201}, {1030, 65}})
      for (const bool statistics : {true, false})
        convCase(t, geometry(3, 3, 5, channels, filters, 1, 1, 1), false, true, statistics, random);
    for (const int kernel : {1, 2, 3, 5})
      for (const int stride : {1, 2, 3})
        for (const auto& [h, w] : {std::pair{1, 1}, {2, 5}, {7, 4}, {8, 9}})
          for (const bool bytes : {true, false})
            if (kernel > 1 || stride > 1 || bytes)
              convCase(t, geometry(2, h, w, bytes ? 3 : 18, 21, kernel, kernel, stride), bytes, !bytes, w % 2, random);
    convCase(t, geometry(2, 6, 7, 5, 9, 3, 2, 1), false, true, true, random);
    for (const int kernel : {1, 2, 3, 5})
      for (const int stride : {1, 2, 3})
        for (const auto& [h, w] : {std::pair{1, 1}, {1, 6}, {2, 2}, {3, 5}, {8, 7}, {9, 10}, {16, 12}})
          for (const int channels : {1, 16, 37})
            for (const int images : {1, 3})
              depthwiseCase(t, geometry(images, h, w, channels, channels, kernel, kernel, stride), channels % 2, h % 2,
                            random);
    depthwiseCase(t, geometry(40, 4, 5, 8, 8, 3, 3, 1), true, true, random);
    depthwiseCase(t, geometry(40, 4, 5, 8, 8, 3, 3, 2), true, true, random);
    depthwiseCase(t, geometry(2, 5, 6, 8, 8, 3, 2, 2), true, true, random);
    // Padded by hand: none, uneven, as wide as the kernel allows, and as SAME has it for a side of another parity.
    for (const auto& padding : {std::array{0, 0, 0, 0}, {1, 0, 0, 1}, {2, 2, 1, 2}, {1, 1, 1, 1}, {0, 2, 2, 0}})
      for (const int stride : {1, 2, 3})
        for (const auto& [h, w] : {std::pair{3, 4}, {8, 7}, {6, 9}}) {
          const int sides[4] = {padding[0], padding[1], padding[2], padding[3]};
          convCase(t, paddedBy(sides, geometry(2, h, w, 18, 21, 3, 3, stride)), false, true, w % 2, random);
          convCase(t, paddedBy(sides, geometry(2, h, w, 3, 21, 3, 3, stride)), true, false, h % 2, random);
          for (const int images : {1, 3})
            depthwiseCase(t, paddedBy(sides, geometry(images, h, w, 20, 20, 3, 3, stride)), h % 2, w % 2, random);
          maxPoolCase(t, paddedBy(sides, geometry(2, h, w, 20, 20, 3, 3, stride)), h % 2, random);
        }
    depthwiseCase(t, paddedBy({0, 0, 0, 0}, geometry(3, 8, 8, 20, 20, 8, 8, 1)), true, false, random);
    convCase(t, paddedBy({0, 0, 0, 0}, geometry(2, 5, 4, 18, 21, 1, 1, 2)), false, true, true, random);
    valuesCases(t, random);
    rowCases(t, random);
    poolCases(t, random);
    integerCases(t, random);
    optimizerCases(t, random);
  }
  std::printf("%d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
