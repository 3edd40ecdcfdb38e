package gebm.sampler;

/** The state after a step and what is known about the step. */
public record Transition<S extends ChainState>(S state, StepInfo info) {}
