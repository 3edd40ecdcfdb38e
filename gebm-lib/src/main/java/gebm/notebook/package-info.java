/**
 * What notebooks add: sizes, checks, progress, and the display of charts and tables in the kernel.
 *
 * <p>Nouns: {@link gebm.notebook.Size} (full or fast), {@link gebm.notebook.Check} (a claim with its number),
 * {@link gebm.notebook.ProgressBar} (a {@link gebm.core.Progress} that is seen), {@link gebm.notebook.TablePlots} (pictures of
 * Tablesaw's tables),
 * {@link gebm.notebook.NotebookExtension} (the kernel's entry point, the only class that knows its API; without a kernel nothing loads it).
 *
 * <p>The stop button ends a training or a sampling within 0.2 s, or one step where that is longer, and its result is what
 * was reached. The kernel does not wait for that: it is free for the next cell at once, and until the run has ended,
 * 0.1 s later or a step, the stopped cell's variable has the value from before, at first {@code null}. Loops of your own
 * go on unseen unless they ask {@code Thread.currentThread().isInterrupted()}; restarting the kernel ends them.
 *
 * <pre>{@code
 * int steps = Size.pick("steps", 2_000, 50);
 * var bar = ProgressBar.of("training");
 * bar.report(steps, steps, "energy loss -1.23");
 * Check.within("variance", 1.01, 1.0, 0.05);
 * Check.less("distance of GEBM", 0.4, 0.6);
 * }</pre>
 */
package gebm.notebook;
