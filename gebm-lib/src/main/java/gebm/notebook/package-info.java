/**
 * What notebooks add: sizes, checks, progress, and the display of charts and tables in the kernel.
 *
 * <p>Nouns: {@link gebm.notebook.Size} (full or fast), {@link gebm.notebook.Check} (a claim with its number),
 * {@link gebm.notebook.ProgressBar} (a {@link gebm.core.Progress} that is seen),
 * {@link gebm.notebook.NotebookExtension} (the kernel's entry point, the only class that knows its API; without a kernel nothing loads it).
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
