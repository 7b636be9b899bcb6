// The engine as a Node-API addon. Every value that comes from JavaScript is checked here or by Session before a kernel sees
// it; steps run on a thread of libuv's pool, one at a time for each session. Nothing here or below is global and changes: several
// threads of Node may load the addon, each with sessions of its own.
#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>

#include "addon_state.h"
#include "cpu.h"
#include "napi_loss.h"
#include "napi_read.h"
#include "napi_write.h"

namespace {

using ft::Session;

napi_value instructionSets(napi_env env, napi_callback_info info) {
  return guarded<0>(env, info, [&](napi_value*) {
    napi_value array;
    check(env, napi_create_array(env, &array));
    std::uint32_t i = 0;
    for (const ft::Kernels* table : ft::availableKernels()) {
      napi_value name;
      check(env, napi_create_string_utf8(env, table->name, NAPI_AUTO_LENGTH, &name));
      check(env, napi_set_element(env, array, i++, name));
    }
    return array;
  });
}

/** (instruction set, threads): multiply-adds a second that the processor reaches, in units of 1e9. For benchmarks: it blocks. */
napi_value arithmeticLimit(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* arguments) {
    const ft::Kernels* kernels = ft::kernelsNamed(text(env, arguments[0], "instructionSet"));
    const int threads = smallInteger(env, arguments[0], "threads");
    if (!kernels || threads < 1 || threads > 256) refuse(env, "no such instruction set or number of threads");
    ft::Pool pool(threads);
    std::vector<double> done(threads);
    double best = 0;
    for (int round = 0; round < 5; round++) {  // the best one, as others may use the machine
      const auto start = std::chrono::steady_clock::now();
      ft::parallel(pool, threads, [&](int item, int) { done[item] = kernels->multiplyAdds(1 << 20); });
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      double sum = 0;
      for (const double count : done) sum += count;
      best = std::max(best, sum / seconds / 1e9);
    }
    napi_value result;
    check(env, napi_create_double(env, best, &result));
    return result;
  });
}

/**
 * (description): a session, an object without properties of its own but what it runs on. The collector knows nothing of the
 * memory behind it and is in no hurry: `dispose` frees it.
 */
napi_value createSession(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* arguments) {
    const napi_value spec = arguments[0];
    const std::string wanted = text(env, spec, "instructionSet");
    const ft::Kernels* kernels = ft::kernelsNamed(wanted);
    if (!kernels) refuse(env, "this processor does not run " + wanted);
    ft::OptimizerSpec optimizer;
    const napi_value o = property(env, spec, "optimizer");
    const std::string kind = text(env, o, "kind");
    if (kind != "adam" && kind != "sgd") refuse(env, "optimizer: " + kind);
    optimizer.adam = kind == "adam";
    if (optimizer.adam) {
      optimizer.beta1 = static_cast<float>(number(env, o, "beta1"));
      optimizer.beta2 = static_cast<float>(number(env, o, "beta2"));
      optimizer.epsilon = static_cast<float>(number(env, o, "epsilon"));
      optimizer.weightDecay = static_cast<float>(number(env, o, "weightDecay"));
    } else {
      optimizer.momentum = static_cast<float>(number(env, o, "momentum"));
    }
    optimizer.clipNorm = number(env, o, "clipNorm", 0);
    if (!(optimizer.clipNorm >= 0 && optimizer.clipNorm < 1e30)) refuse(env, "clipNorm is no length");
    ft::LossSum loss = readLoss(env, spec);
    ft::ModelSpec model = readModel(env, spec);
    auto handle = std::make_shared<Handle>();
    handle->parameters = model.parameters;
    handle->session =
        std::make_shared<Session>(*kernels, smallInteger(env, spec, "threads"), std::move(model), optimizer, std::move(loss));
    const napi_value result = object(env);
    auto* owned = new HandleRef(handle);
    const napi_status status = napi_wrap(
        env, result, owned, [](napi_env, void* data, void*) { delete static_cast<HandleRef*>(data); }, nullptr, nullptr);
    if (status != napi_ok) delete owned;  // from here on the finalizer owns it
    check(env, status);
    check(env, napi_type_tag_object(env, result, &kTag));
    set(env, result, "instructionSet", kernels->name);
    set(env, result, "threads", handle->session->threads());
    return result;
  });
}

/** (session, description): the plan's number, for `run`. Refused, it leaves the session as it was. */
napi_value addPlan(napi_env env, napi_callback_info info) {
  return guarded<2>(env, info, [&](napi_value* arguments) {
    const HandleRef& handle = handleOf(env, arguments[0]);
    napi_value index;
    check(env, napi_create_int32(env, handle->session->addPlan(readPlan(env, arguments[1])), &index));
    return index;
  });
}

/** (session, plan): seconds that each operation of the plan has taken since a plan was last added to the session. */
napi_value times(napi_env env, napi_callback_info info) {
  return guarded<2>(env, info, [&](napi_value* arguments) {
    const HandleRef& handle = handleOf(env, arguments[0]);
    std::int32_t plan;
    check(env, napi_get_value_int32(env, arguments[1], &plan));
    handle->session->plan(plan);  // refuses a number that is no plan's
    napi_value array;
    check(env, napi_create_array(env, &array));
    std::uint32_t i = 0;
    for (const double time : handle->session->times(plan)) {
      napi_value seconds;
      check(env, napi_create_double(env, time, &seconds));
      check(env, napi_set_element(env, array, i++, seconds));
    }
    return array;
  });
}

/** (session): frees its memory, at once or when the step at work is done. Everything refuses the session from then on. */
napi_value dispose(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* arguments) {
    handleOf(env, arguments[0], true)->session.reset();  // a step at work keeps it until it is done
    return static_cast<napi_value>(nullptr);
  });
}

// Steps -----------------------------------------------------------------------------------------------------------

/** A step on its way: made by `run`, computed by `execute` on another thread, told and deleted by `complete`. */
struct Job {
  HandleRef handle;
  std::shared_ptr<Session> session;  // beside the handle's own, which `dispose` may take away meanwhile
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  int plan = -1;
  bool train = false, observations = false;
  /** Outputs that the result is to hold. */
  bool wants[ft::kOutputNames] = {};
  ft::StepSettings settings;
  ft::StepResult result;
  /** What the step threw. A step allocates nothing; should it throw all the same, the process lives on. */
  std::exception_ptr thrown;
};

constexpr struct {
  ft::OutputName output;
  const char* name;
} kOutputs[] = {{ft::embedding, "embedding"}, {ft::scores, "scores"}};

napi_value observationsOf(napi_env env, const std::vector<ft::Observation>& seen) {
  napi_value array;
  check(env, napi_create_array_with_length(env, seen.size(), &array));
  for (std::size_t i = 0; i < seen.size(); i++) {
    const ft::Observation& o = seen[i];
    const napi_value value = object(env);
    const struct { const char* name; double number; } numbers[] = {
        {"count", o.count}, {"min", o.min}, {"max", o.max}, {"energy", o.energy}, {"noise", o.noise}, {"clipped", o.clipped},
    };
    for (const auto& n : numbers) set(env, value, n.name, n.number);
    set(env, value, "histogram", doubles(env, o.histogram));
    set(env, value, "largest", doubles(env, o.largest));
    check(env, napi_set_element(env, array, std::uint32_t(i), value));
  }
  return array;
}

napi_value jobResult(napi_env env, const Job& job) {
  static const char* const places[] = {"", "parameter", "statistics", "loss", "gradient"};
  const napi_value result = object(env);
  if (job.result.notFinite.where != ft::NotFinite::nowhere) {
    const napi_value place = object(env);
    set(env, place, "where", places[job.result.notFinite.where]);
    set(env, place, "index", job.result.notFinite.index);
    set(env, result, "notFinite", place);
    return result;
  }
  const ft::PlanSpec& plan = job.session->plan(job.plan);
  set(env, result, "lossSum", job.result.loss.lossSum);
  set(env, result, "correct", job.result.loss.correct);
  for (const auto& [output, name] : kOutputs) {
    const ft::OutputSpec* found = plan.output(output);
    if (!found || !job.wants[output]) continue;
    const float* values = job.session->tensor(job.plan, found->tensor);
    set(env, result, name, rows(env, values, int(plan.tensors[found->tensor].rows()), plan.tensors[found->tensor].c));
  }
  if (job.observations) set(env, result, "observations", observationsOf(env, job.session->observations()));
  return result;
}

/** On a thread of libuv's pool, where an exception that leaves ends the process. Without JavaScript: its values are out of reach. */
void execute(napi_env, void* data) noexcept {
  Job& job = *static_cast<Job*>(data);
  try {
    job.result = job.train ? job.session->trainStep(job.plan, job.settings) : job.session->evaluate(job.plan);
  } catch (...) {
    job.thrown = std::current_exception();
  }
}

/** On the thread of JavaScript again. Settles the promise whatever happens, also when the work was cancelled. */
void complete(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Job> job(static_cast<Job*>(data));
  job->handle->busy = false;  // no step can begin before the results are read: JavaScript waits for this function
  napi_delete_async_work(env, job->work);
  napi_value value = nullptr;
  try {
    if (job->thrown) std::rethrow_exception(job->thrown);
    if (status == napi_ok) value = jobResult(env, *job);
  } catch (...) {
    rethrow(env, std::current_exception());
  }
  if (value) {
    napi_resolve_deferred(env, job->deferred, value);
    return;
  }
  napi_value error;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) {
    napi_get_and_clear_last_exception(env, &error);
  } else {
    napi_value message;
    napi_create_string_utf8(env, "the step was cancelled", NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, nullptr, message, &error);
  }
  napi_reject_deferred(env, job->deferred, error);
}

/** What a training step is told beside its batch. */
ft::StepSettings readSettings(napi_env env, napi_value object) {
  ft::StepSettings settings;
  settings.learningRate = static_cast<float>(number(env, object, "learningRate"));
  settings.batchNormMomentum = static_cast<float>(number(env, object, "batchNormMomentum"));
  settings.seed = static_cast<std::uint32_t>(integer(env, object, "seed"));
  const napi_value ramp = property(env, object, "ramp");
  const auto& [scale, margin] = settings.ramp = {number(env, ramp, "scale"), number(env, ramp, "margin")};
  if (!(scale > 0 && scale <= 1 && margin >= 0 && margin <= 1)) refuse(env, "ramp is no pair of shares");
  settings.rangeMomentum = number(env, object, "rangeMomentum");
  settings.frozenBatchNorm = flag(env, object, "frozenBatchNorm");
  return settings;
}

/**
 * (session, plan, images, labels, settings): a promise of the step's result. What can be refused is refused here, by throwing;
 * the arrays are copied, and their owner may fill them for the next step while this one is computed.
 */
napi_value run(napi_env env, napi_callback_info info) {
  return guarded<5>(env, info, [&](napi_value* arguments) {
    auto job = std::make_unique<Job>();
    job->handle = handleOf(env, arguments[0]);
    job->session = job->handle->session;
    check(env, napi_get_value_int32(env, arguments[1], &job->plan));
    const ft::PlanSpec& plan = job->session->plan(job->plan);
    const std::size_t pixels = std::size_t(plan.batch) * plan.height * plan.width * plan.channels;
    const void* images;
    if (plan.floats)
      images = typedArray<float>(env, arguments[2], napi_float32_array, pixels, "images");
    else
      images = typedArray<std::uint8_t>(env, arguments[2], napi_uint8_array, pixels, "images");
    const auto* labels = typedArray<std::int32_t>(env, arguments[3], napi_int32_array, plan.batch, "labels");
    // The loss takes a label for an index.
    const int people = job->session->people(job->plan);
    for (int i = 0; i < plan.batch; i++)
      if (labels[i] < 0 || labels[i] >= people)
        refuse(env, "label " + std::to_string(labels[i]) + " of row " + std::to_string(i) + " is outside 0.." +
                        std::to_string(people - 1));
    job->train = flag(env, arguments[4], "train");
    const std::size_t targetCount = job->session->targetCount(job->plan);
    const napi_value targetsGiven = property(env, arguments[4], "targets");
    const float* targets = nullptr;
    if (targetCount > 0 && !absent(env, targetsGiven))
      targets = typedArray<float>(env, targetsGiven, napi_float32_array, targetCount, "targets");
    if (job->train && targetCount > 0 && !targets) refuse(env, "targets are missing, which the loss needs");
    for (const auto& [output, name] : kOutputs) job->wants[output] = flag(env, arguments[4], name);
    // A training plan has no operations by the running statistics, an evaluation's none of the way back.
    if (job->train != plan.training) refuse(env, "this plan is for something else");
    const std::size_t quantizers = job->session->quantizers();
    const auto* active = typedArray<std::uint8_t>(env, property(env, arguments[4], "active"), napi_uint8_array, quantizers, "active");
    job->observations = flag(env, arguments[4], "observe");
    if (job->observations) {
      const auto* limits = typedArray<float>(env, property(env, arguments[4], "limits"), napi_float32_array, 2 * quantizers, "limits");
      const int bins = smallInteger(env, arguments[4], "bins");
      if (bins < 1 || bins > 1 << 20) refuse(env, "bins is no number of bins");
      job->session->prepareObservations(limits, bins);  // allocates, as a step must not
    }
    job->session->activate(active);
    if (job->train) job->settings = readSettings(env, arguments[4]);
    std::memcpy(job->session->pixels(), images, pixels * (plan.floats ? sizeof(float) : 1));
    job->session->setTargets(targets, targetCount);
    std::memcpy(job->session->labels(), labels, plan.batch * sizeof(std::int32_t));
    napi_value promise, name;
    check(env, napi_create_promise(env, &job->deferred, &promise));
    check(env, napi_create_string_utf8(env, "faceTrainer.step", NAPI_AUTO_LENGTH, &name));
    check(env, napi_create_async_work(env, nullptr, name, execute, complete, job.get(), &job->work));
    check(env, napi_queue_async_work(env, job->work));
    job->handle->busy = true;
    job.release();  // `complete` owns it
    return promise;
  });
}

}  // namespace

NAPI_MODULE_INIT() {
  static const struct { const char* name; napi_callback function; } functions[] = {
      {"instructionSets", instructionSets}, {"arithmeticLimit", arithmeticLimit}, {"createSession", createSession}, {"write", write}, {"read", read},
      {"readColumns", readColumns}, {"writeColumns", writeColumns}, {"averageInto", averageInto}, {"addPlan", addPlan}, {"times", times}, {"dispose", dispose}, {"run", run},
  };
  for (const auto& f : functions) {
    napi_value function;
    if (napi_create_function(env, f.name, NAPI_AUTO_LENGTH, f.function, nullptr, &function) != napi_ok ||
        napi_set_named_property(env, exports, f.name, function) != napi_ok)
      return nullptr;
  }
  return exports;
}
