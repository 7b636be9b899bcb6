// Networks and their plans as the planner in TypeScript makes them, from a text file: a line for each thing, a word for what
// it is, then key=value. test/engine/native/planFile.ts writes it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../src/session.h"

namespace {

struct Network {
  ft::ModelSpec model;
  std::vector<ft::PlanSpec> plans;
  /** What a gradient is compared with, where the network is for that (`gradientCase` in session_test.cc). */
  std::map<std::string, std::vector<double>> numbers;
};

/** One line. */
class Line {
 public:
  explicit Line(const std::string& text) {
    std::istringstream words(text);
    words >> what;
    for (std::string word; words >> word;) {
      const std::size_t at = word.find('=');
      values_[word.substr(0, at)] = word.substr(at + 1);
    }
  }
  std::string what;
  std::string word(const char* key) const { return values_.count(key) ? values_.at(key) : ""; }
  double number(const char* key, double fallback) const {
    return values_.count(key) ? std::strtod(values_.at(key).c_str(), nullptr) : fallback;
  }
  int integer(const char* key, int fallback = -1) const { return int(number(key, fallback)); }
  bool flag(const char* key) const { return number(key, 0) != 0; }

 private:
  std::map<std::string, std::string> values_;
};

// Every whole number of a description by its name: what is read from a file, and what a test damages.

template <class T>
struct Field {
  const char* name;
  int T::*place;
};

constexpr Field<ft::KernelSpec> kKernelFields[] = {
    {"weights", &ft::KernelSpec::weights},
    {"bias", &ft::KernelSpec::bias},
    {"height", &ft::KernelSpec::height},
    {"width", &ft::KernelSpec::width},
    {"inChannels", &ft::KernelSpec::inChannels},
    {"outChannels", &ft::KernelSpec::outChannels},
    {"batchNorm", &ft::KernelSpec::batchNorm},
    {"quantizer", &ft::KernelSpec::quantizer},
    {"inputQuantizer", &ft::KernelSpec::inputQuantizer},
};
constexpr Field<ft::BatchNormSpec> kBatchNormFields[] = {
    {"channels", &ft::BatchNormSpec::channels}, {"gamma", &ft::BatchNormSpec::gamma},
    {"beta", &ft::BatchNormSpec::beta},         {"mean", &ft::BatchNormSpec::mean},
    {"variance", &ft::BatchNormSpec::variance},
};
constexpr Field<ft::TensorSpec> kTensorFields[] = {
    {"n", &ft::TensorSpec::n}, {"h", &ft::TensorSpec::h}, {"w", &ft::TensorSpec::w}, {"c", &ft::TensorSpec::c}};
constexpr Field<ft::ChainSpec> kChainFields[] = {{"tensor", &ft::ChainSpec::tensor},
                                                 {"batchNorm", &ft::ChainSpec::batchNorm},
                                                 {"quantizer", &ft::ChainSpec::quantizer}};
constexpr Field<ft::OpSpec> kOpFields[] = {
    {"x", &ft::OpSpec::x},
    {"y", &ft::OpSpec::y},
    {"kernel", &ft::OpSpec::kernel},
    {"stride", &ft::OpSpec::stride},
    {"size", &ft::OpSpec::size},
    {"top", &ft::OpSpec::top},
    {"bottom", &ft::OpSpec::bottom},
    {"left", &ft::OpSpec::left},
    {"right", &ft::OpSpec::right},
    {"slope", &ft::OpSpec::slope},
    {"first", &ft::OpSpec::first},
    {"out", &ft::OpSpec::out},
    {"node", &ft::OpSpec::node},
    {"statistics", &ft::OpSpec::statistics},
    {"ranged", &ft::OpSpec::ranged},
    {"foldedBatchNorm", &ft::OpSpec::foldedBatchNorm},
    {"residual", &ft::OpSpec::residual},
    {"quantizer", &ft::OpSpec::quantizer},
    {"sumQuantizer", &ft::OpSpec::sumQuantizer},
    {"xQuantizer", &ft::OpSpec::xQuantizer},
    {"yQuantizer", &ft::OpSpec::yQuantizer},
    {"d", &ft::OpSpec::d},
    {"gradient", &ft::OpSpec::gradient},
    {"target", &ft::OpSpec::target},
    {"dense", &ft::OpSpec::dense},
};
constexpr Field<ft::PlanSpec> kPlanFields[] = {
    {"batch", &ft::PlanSpec::batch},
    {"height", &ft::PlanSpec::height},
    {"width", &ft::PlanSpec::width},
    {"channels", &ft::PlanSpec::channels},
};
constexpr Field<ft::OutputSpec> kOutputFields[] = {{"tensor", &ft::OutputSpec::tensor},
                                                   {"gradient", &ft::OutputSpec::gradient},
                                                   {"quantizer", &ft::OutputSpec::quantizer}};

constexpr const char* kOpNames[] = {"loadPixels", "loadFloats", "conv", "depthwise", "add", "pool", "convBackward",
                                    "depthwiseBackward", "poolBackward", "contribute", "dropout", "observe", "sigmoid",
                                    "multiply", "concat", "maxPool", "normalize", "preluBackward", "sigmoidBackward",
                                    "multiplyBackward", "factorsBackward", "partBackward", "maxPoolBackward",
                                    "normalizeBackward"};

template <class T, std::size_t N>
void readFields(const Line& line, const Field<T> (&fields)[N], T& spec) {
  for (const Field<T>& field : fields) spec.*field.place = line.integer(field.name, spec.*field.place);
}

ft::OpSpec opOf(const Line& line) {
  ft::OpSpec op;
  const std::string kind = line.word("op");
  int i = 0;
  while (kind != kOpNames[i])
    if (++i == int(std::size(kOpNames))) throw std::runtime_error("no operation: " + kind);
  op.kind = ft::OpSpec::Kind(i);
  readFields(line, kOpFields, op);
  op.rate = line.number("rate", 0);
  op.max = line.flag("max"), op.relu6 = line.flag("relu6");
  op.accumulate = line.flag("accumulate"), op.finish = line.flag("finish");
  return op;
}

void addToModel(const Line& line, ft::ModelSpec& model) {
  if (line.what == "parameter") {
    ft::ParameterSpec p;
    p.size = std::size_t(line.number("size", 0));
    p.trainable = line.flag("trainable"), p.decay = line.flag("decay");
    model.parameters.push_back(p);
  } else if (line.what == "kernel") {
    ft::KernelSpec k;
    const std::string kind = line.word("kind");
    k.kind = kind == "conv"    ? ft::KernelSpec::conv
             : kind == "dense" ? ft::KernelSpec::dense
                               : ft::KernelSpec::depthwise;
    readFields(line, kKernelFields, k);
    k.pixels = line.flag("pixels"), k.backward = line.flag("backward");
    model.kernels.push_back(k);
  } else if (line.what == "batchNorm") {
    ft::BatchNormSpec b;
    readFields(line, kBatchNormFields, b);
    b.epsilon = line.number("epsilon", 0);
    model.batchNorms.push_back(b);
  } else if (line.what == "colour") {
    model.colours.push_back({line.number("scale", 1), line.number("shift", 0)});
  } else if (line.what == "quantizer") {
    model.quantizers.push_back(
        {line.integer("bits"), line.integer("range"), line.integer("slope"), line.flag("observed")});
  } else {
    throw std::runtime_error("no such line: " + line.what);
  }
}

void addToPlan(const Line& line, ft::PlanSpec& plan) {
  if (line.what == "tensor") {
    ft::TensorSpec t;
    readFields(line, kTensorFields, t);
    t.offset = std::size_t(line.number("offset", 0));
    plan.tensors.push_back(t);
  } else if (line.what == "chain") {
    ft::ChainSpec c;
    readFields(line, kChainFields, c);
    c.relu6 = line.flag("relu6");
    plan.chains.push_back(c);
  } else if (line.what == "output") {
    ft::OutputSpec o;
    readFields(line, kOutputFields, o);
    o.name = line.word("output") == "scores" ? ft::scores : ft::embedding;
    plan.outputs.push_back(o);
  } else {
    (line.what == "forward" ? plan.forward : plan.backward).push_back(opOf(line));
  }
}

/** @throws std::runtime_error for a file that is not there or says something else */
std::vector<Network> readNetworks(const char* file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(std::string("no file ") + file);
  std::vector<Network> networks;
  for (std::string text; std::getline(in, text);) {
    if (text.compare(0, 8, "numbers ") == 0) {
      std::istringstream words(text.substr(8));
      std::string name;
      words >> name;
      std::vector<double>& values = networks.back().numbers[name];
      for (double value; words >> value;) values.push_back(value);
      continue;
    }
    const Line line(text);
    if (line.what == "network") {
      networks.emplace_back();
    } else if (line.what == "plan") {
      ft::PlanSpec plan;
      readFields(line, kPlanFields, plan);
      plan.arenaFloats = std::size_t(line.number("arenaFloats", 0));
      plan.training = line.flag("training"), plan.floats = line.flag("floats"), plan.integers = line.flag("integers");
      networks.back().plans.push_back(plan);
    } else if (networks.back().plans.empty()) {
      addToModel(line, networks.back().model);
    } else {
      addToPlan(line, networks.back().plans.back());
    }
  }
  return networks;
}

}  // namespace
