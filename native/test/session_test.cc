// Sessions over networks and plans that the planner made (test/engine/native/planFile.ts): steps and evaluations at several
// numbers of threads, plans and networks with damaged numbers, and memory that is refused. Under the sanitizers an access
// beyond a block, an undefined operation, a race or a leak ends it. Prints each failure, and ends with 1 when there was one.
//
//   session_test FILE [threads]

#include <atomic>
#include <new>
#include <set>

#include "../src/cpu.h"
#include "plan_file.h"
#include "testing.h"

namespace {

/** Allocations that are still granted; negative: all. */
std::atomic<long> granted{-1};
std::atomic<long> refused{0};

}  // namespace

// Every allocation of the program, to refuse some of them.
__attribute__((noinline)) void* operator new(std::size_t size) {
  if (granted.load() >= 0 && granted.fetch_sub(1) <= 0) {
    granted.store(0);
    refused++;
    throw std::bad_alloc();
  }
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using ft::ModelSpec;
using ft::PlanSpec;
using ft::Session;

void expect(bool holds, const std::string& what) {
  checks++;
  if (!holds) fail(what);
}

struct Grants {
  explicit Grants(long count) { granted.store(count); }
  ~Grants() { granted.store(-1); }
};

/** Of the network at hand. */
ft::LossSum lossAtHand;
/** Kinds that had their turn. */
std::set<const ft::LossKind*> used;

/** A kind, each of its settings a little above the least. */
ft::LossSpec lossOf(const ft::LossKind& kind) {
  used.insert(&kind);
  ft::LossSpec loss;
  loss.kind = &kind;
  for (int i = 0; i < ft::kMostLossSettings && kind.settings[i].name; i++) {
    const double least = kind.settings[i].least;
    loss.settings[i] = least + 0.1 * std::fmin(1, kind.settings[i].below - least);
  }
  return loss;
}

/** A kind that reads scores, and where the network's training gives the embedding one of those beside it, each twice. */
ft::LossSum lossFor(const Network& network, std::size_t turn) {
  std::vector<const ft::LossKind*> ofScores, others;
  for (const ft::LossKind* kind : ft::lossKinds()) (kind->reads[ft::embedding] ? others : ofScores).push_back(kind);
  const ft::LossSpec first = lossOf(*ofScores[turn % ofScores.size()]);
  if (network.plans.front().outputs.size() < 2 || !network.plans.front().training) return {{{first, 1}}};
  const ft::LossSpec beside = lossOf(*others[turn % others.size()]);
  return {{{beside, 0.5}, {first, 1}, {first, 0.25}, {beside, 2}}};
}

std::unique_ptr<Session> sessionOf(const ModelSpec& model, int threads) {
  ft::OptimizerSpec optimizer;
  optimizer.clipNorm = 0.1;
  return std::make_unique<Session>(*ft::availableKernels()[0], threads, model, optimizer, lossAtHand);
}

/** Weights around which nothing overflows. The first two of a quantizer's range are its ends. */
void fill(Session& session, const ModelSpec& model, std::uint64_t seed) {
  Random random{seed};
  for (std::size_t i = 0; i < model.parameters.size(); i++)
    for (std::size_t k = 0; k < model.parameters[i].size; k++)
      session.parameters()[session.offset(int(i)) + k] = random.between(-0.3f, 0.3f);
  for (const ft::BatchNormSpec& norm : model.batchNorms)
    for (int c = 0; c < norm.channels; c++)
      session.parameters()[session.offset(norm.gamma) + c] = session.parameters()[session.offset(norm.variance) + c] =
          random.between(0.5f, 2);
  for (const ft::QuantizerSpec& quantizer : model.quantizers)
    if (quantizer.range >= 0) {
      session.parameters()[session.offset(quantizer.range)] = -3;
      session.parameters()[session.offset(quantizer.range) + 1] = 3;
    }
  session.touch();
}

/** Runs a plan on random pictures. @returns the outputs, then the loss; nothing where the step stopped */
std::vector<double> runPlan(Session& session, int index, bool rounds) {
  const PlanSpec& plan = session.plan(index);
  Random random{std::uint64_t(plan.batch) * 7 + 1};
  const std::size_t values = std::size_t(plan.batch) * plan.height * plan.width * plan.channels;
  for (std::size_t i = 0; i < values; i++)
    if (plan.floats)
      reinterpret_cast<float*>(session.pixels())[i] = random.between(-1, 1);
    else
      session.pixels()[i] = std::uint8_t(random.next());
  const std::uint64_t people = std::uint64_t(session.people(index));
  for (int row = 0; row < plan.batch; row++) session.labels()[row] = int(random.next() % people);
  std::vector<float> targets(session.targetCount(index));
  for (float& value : targets) value = random.between(-1, 1);
  session.setTargets(targets.data(), targets.size());
  const std::vector<std::uint8_t> active(session.quantizers() + 1, rounds || plan.integers);
  session.activate(active.data());
  ft::StepSettings settings;
  settings.learningRate = 0.01f, settings.batchNormMomentum = 0.9f;
  settings.rangeMomentum = 0.9;
  settings.ramp = {rounds ? 1 : 0.5, 0.25};
  ft::StepResult result;
  {
    const Grants none(0);
    result = plan.training ? session.trainStep(index, settings) : session.evaluate(index);
  }
  if (result.notFinite.where != ft::NotFinite::nowhere) return {};
  std::vector<double> seen;
  for (const ft::OutputSpec& o : plan.outputs)
    for (int row = 0, channels = plan.tensors[o.tensor].c; row < plan.tensors[o.tensor].rows(); row++)
      for (int c = 0; c < channels; c++)
        seen.push_back(session.tensor(index, o.tensor)[std::size_t(row) * padded(channels) + c]);
  seen.push_back(result.loss.lossSum);
  return seen;
}

std::vector<double> runAll(const Network& network, int threads) {
  const auto session = sessionOf(network.model, threads);
  fill(*session, network.model, 5);
  std::vector<double> all;
  for (const PlanSpec& plan : network.plans) session->addPlan(plan);
  std::vector<float> limits(2 * network.model.quantizers.size() + 1);
  for (std::size_t i = 0; i < limits.size(); i++) limits[i] = i % 2 ? 4.0f : -4.0f;
  for (const bool rounds : {false, true})
    for (std::size_t i = 0; i < network.plans.size(); i++) {
      session->prepareObservations(limits.data(), 16);
      const std::vector<double> seen = runPlan(*session, int(i), rounds);
      expect(!seen.empty() && std::isfinite(seen.back()), "a step is finite");
      all.insert(all.end(), seen.begin(), seen.end());
      for (const ft::Observation& o : session->observations()) all.push_back(o.energy);
    }
  for (std::size_t i = 0; i < session->flatSize(); i++) all.push_back(session->parameters()[i]);
  return all;
}

// Gradients -------------------------------------------------------------------------------------------------------

/** By output: what the linear loss multiplies it with. */
std::vector<double> factors[ft::kOutputNames];

/** A sum of outputs, each times a number of its own, which is its gradient. */
ft::LossResult linearLoss(ft::Pool&, const ft::LossSpec& spec, const ft::LossBatch& batch) {
  ft::LossResult result;
  for (const ft::OutputName name : {ft::embedding, ft::scores}) {
    const ft::LossOutput& o = batch.outputs[name];
    if (!spec.kind->reads[name]) continue;
    for (int row = 0; row < batch.rows; row++)
      for (int c = 0; c < o.stride; c++) {
        const double factor = c < o.channels ? factors[name][std::size_t(row) * o.channels + c] : 0;
        o.gradient[row * o.stride + c] = float(factor);
        result.lossSum += factor * o.values[row * o.stride + c];
      }
  }
  return result;
}

constexpr ft::LossKind kLinear[] = {{"embedding", {true, false}, {}, linearLoss},
                                    {"scores", {false, true}, {}, linearLoss},
                                    {"both", {true, true}, {}, linearLoss}};

/** The way back from some outputs against plain loops in float64, as far as whole arrays are apart. */
void gradientCase(const Network& network, int threads) {
  const auto& numbers = network.numbers;
  const PlanSpec& plan = network.plans.front();
  const bool both = plan.outputs.size() == 2;
  const ft::LossKind& kind = kLinear[both ? 2 : plan.outputs[0].name];
  for (const ft::OutputSpec& o : plan.outputs)
    factors[o.name] = numbers.at(o.name == ft::scores ? "scores" : "embedding");
  for (const ft::Kernels* kernels : ft::availableKernels()) {
    Session session(*kernels, threads, network.model, ft::OptimizerSpec(), ft::LossSum{{{{&kind, {}}, 1}}});
    std::size_t next = 0;
    for (std::size_t i = 0; i < network.model.parameters.size(); i++)
      for (std::size_t k = 0; k < network.model.parameters[i].size; k++)
        session.parameters()[session.offset(int(i)) + k] = float(numbers.at("parameters")[next++]);
    const std::vector<float> before(session.parameters(), session.parameters() + session.flatSize());
    const int index = session.addPlan(plan);
    const std::vector<double>& pixels = numbers.at("pixels");
    for (std::size_t i = 0; i < pixels.size(); i++)
      if (plan.floats)
        reinterpret_cast<float*>(session.pixels())[i] = float(pixels[i]);
      else
        session.pixels()[i] = std::uint8_t(pixels[i]);
    std::fill_n(session.labels(), plan.batch, 0);
    ft::StepSettings settings;
    settings.learningRate = 0.1f;
    const ft::StepResult result = session.trainStep(index, settings);
    expect(result.notFinite.where == ft::NotFinite::nowhere, "a step is finite");
    compare("the loss", result.loss.lossSum, numbers.at("loss")[0], 1, 2e-4);
    const std::vector<double>& expected = numbers.at("gradients");
    double largest = 0;
    std::vector<double> off, size;
    next = 0;
    for (std::size_t i = 0; i < network.model.parameters.size(); i++) {
      double distance = 0, norm = 0;
      for (std::size_t k = 0; k < network.model.parameters[i].size; k++, next++) {
        const std::size_t at = session.offset(int(i)) + k;
        const double difference = session.gradients()[at] - expected[next];
        distance += difference * difference, norm += expected[next] * expected[next];
        // What leads to nothing that the loss reads stays, running statistics too.
        if (expected[next] == 0 && !network.model.parameters[i].trainable && numbers.at("reached")[i] == 0)
          expect(session.parameters()[at] == before[at], "a parameter that the loss does not see stays");
      }
      off.push_back(std::sqrt(distance)), size.push_back(std::sqrt(norm));
      largest = std::max(largest, size.back());
    }
    for (std::size_t i = 0; i < off.size(); i++)
      expect(off[i] <= 3e-4 * (size[i] + largest), std::string(kind.name) + ", the gradient of parameter " +
                                                       std::to_string(i) + " with " + kernels->name);
  }
}

// Damage ----------------------------------------------------------------------------------------------------------

int otherValue(int value, Random& random) {
  // A number may be damaged twice: the next of the largest is the smallest.
  const int next = int(unsigned(value) + 1), before = int(unsigned(value) - 1);
  const int other[] = {-1, 0, 1, 2, 3, 5, 16, 40, 9000, next, before, value / 2, 1 << 20, 0x7fffffff};
  return other[random.next() % std::size(other)];
}

template <class T, std::size_t N>
void damage(std::vector<T>& list, const Field<T> (&fields)[N], Random& random) {
  if (list.empty()) return;
  int& value = list[random.next() % list.size()].*fields[random.next() % N].place;
  value = otherValue(value, random);
}

void damage(PlanSpec& plan, Random& random) {
  switch (random.next() % 10) {
    case 0: damage(plan.tensors, kTensorFields, random); break;
    case 1: damage(plan.chains, kChainFields, random); break;
    case 2: {
      int& value = plan.*kPlanFields[random.next() % std::size(kPlanFields)].place;
      value = otherValue(value, random);
      break;
    }
    case 3: {
      auto& ops = plan.backward.empty() || random.next() % 2 ? plan.forward : plan.backward;
      if (!ops.empty()) ops[random.next() % ops.size()].kind = ft::OpSpec::Kind(random.next() % std::size(kOpNames));
      break;
    }
    case 4:
      if (!plan.tensors.empty()) plan.tensors[random.next() % plan.tensors.size()].offset = std::size_t(random.next() % 64) * 8;
      break;
    case 5: plan.arenaFloats = plan.arenaFloats / (1 + random.next() % 3) + random.next() % 2; break;
    case 6: damage(plan.backward, kOpFields, random); break;
    case 7: damage(plan.outputs, kOutputFields, random); break;
    default: damage(plan.forward, kOpFields, random);
  }
}

void damage(ModelSpec& model, Random& random) {
  switch (random.next() % 5) {
    case 4: model.colours.resize(random.next() % 5); break;
    case 0:
      if (!model.parameters.empty())
        model.parameters[random.next() % model.parameters.size()].size = std::size_t(random.next() % 100);
      break;
    case 1: damage(model.batchNorms, kBatchNormFields, random); break;
    case 2:
      if (!model.quantizers.empty())
        model.quantizers[random.next() % model.quantizers.size()] = {int(random.next() % 20), int(random.next() % 30) - 1,
                                                                     true};
      break;
    default: damage(model.kernels, kKernelFields, random);
  }
}

/** Numbers of networks and plans that were refused and of those that ran. */
struct Damaged {
  int refused = 0, ran = 0;
};

void damagedPlans(const Network& network, int threads, Random& random, Damaged& count) {
  ModelSpec model = network.model;
  if (random.next() % 4 == 0) damage(model, random);
  PlanSpec plan = network.plans[random.next() % network.plans.size()];
  for (std::uint64_t i = random.next() % 3; i > 0; i--) damage(plan, random);
  try {
    const auto session = sessionOf(model, threads);
    fill(*session, model, 6);
    const int index = session->addPlan(plan);
    // A valid plan for large pictures only takes long.
    if (std::int64_t(plan.batch) * plan.height * plan.width * plan.channels > 20000) return;
    runPlan(*session, index, random.next() % 2);
    count.ran++;
  } catch (const ft::InvalidPlan&) {
    count.refused++;
  }
}

/** Each allocation of a session and of a plan is refused once: what was there goes on, and gives the same. */
void refusedMemory(const Network& network) {
  long grants = 0;
  for (bool made = false; !made; grants++)
    try {
      const Grants some(grants);
      sessionOf(network.model, 1);
      made = true;
    } catch (const std::bad_alloc&) {
      checks++;
    }
  const auto session = sessionOf(network.model, 2);
  fill(*session, network.model, 5);
  const int evaluation = int(network.plans.size()) - 1;
  const int first = session->addPlan(network.plans[evaluation]);
  const std::vector<double> before = runPlan(*session, first, true);
  grants = 0;
  for (const PlanSpec& plan : network.plans)
    for (bool added = false; !added; grants++) {
      PlanSpec copy = plan;
      try {
        const Grants some(grants);
        session->addPlan(std::move(copy));
        added = true, grants = -1;
      } catch (const std::bad_alloc&) {
        expect(runPlan(*session, first, true) == before, "a session that was refused memory works on");
      }
    }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 2 ? std::atoi(argv[2]) : 3;
  const std::vector<Network> networks = readNetworks(argc > 1 ? argv[1] : "");
  Random random{77};
  Damaged damaged;
  std::size_t turns = 0;
  for (std::size_t i = 0; i < networks.size(); i++) {
    context = "network " + std::to_string(i);
    if (!networks[i].numbers.empty()) {
      gradientCase(networks[i], threads);  // with a loss of its own
      continue;
    }
    lossAtHand = lossFor(networks[i], turns++ / 4);  // float and quantized, with one output and with two
    for (const ft::LossTerm& term : lossAtHand.terms) context += std::string(", the loss ") + term.loss.kind->name;
    const std::vector<double> alone = runAll(networks[i], 1);
    expect(runAll(networks[i], threads) == alone, "any number of threads gives the same bits");
    // One thread: tensors that damage has laid over each other are written by one part and read by another.
    for (int round = 0; round < 60; round++) damagedPlans(networks[i], 1, random, damaged);
  }
  context = "the losses";
  expect(used.size() == ft::lossKinds().size(), "every kind has its turn: more networks are needed");
  expect(refused == 0, "a step allocates nothing");
  context = "memory";
  refusedMemory(networks.front());
  expect(refused > 20, "allocations were refused");
  std::printf("%d checks, %d failed; %d damaged ones refused, %d ran\n", checks, failures, damaged.refused, damaged.ran);
  return failures == 0 ? 0 : 1;
}
