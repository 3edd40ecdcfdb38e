package gebm.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.Toy;
import gebm.metric.ChainDiagnostics;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Kale;
import gebm.plot.Animation;
import gebm.plot.Curve;
import gebm.plot.Picture;
import gebm.plot.Plots;
import gebm.sampler.Hmc;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import gebm.sampler.WarmUp;
import gebm.trace.Network;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.JupyterIO;
import org.dflib.jjava.jupyter.kernel.ReplacementOptions;
import org.dflib.jjava.jupyter.kernel.comm.CommManager;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.dflib.jjava.jupyter.kernel.util.StringStyler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class NotebookExtensionTest {
    private static final MIMEType PNG = MIMEType.parse("image/png");

    @AfterEach
    void detach() {
        Screen.attach(null);
    }

    @Test
    void isFoundAsAService() {
        assertThat(ServiceLoader.load(Extension.class))
                .anySatisfy(extension -> assertThat(extension).isInstanceOf(NotebookExtension.class));
    }

    @Nested
    class Renderers {
        private final Kernel kernel = new Kernel();

        Renderers() {
            new NotebookExtension().install(kernel);
        }

        @Test
        void attachTheScreen() {
            assertThat(Screen.attached()).isTrue();
            Check.that("seen", true);
            assertThat(kernel.displayed.getData(MIMEType.TEXT_PLAIN)).isEqualTo("✓ seen");
            assertThat(kernel.displayed.hasDisplayId()).isTrue();
            new NotebookExtension().uninstall(kernel);
            assertThat(Screen.attached()).isFalse();
        }

        @Test
        void showChartsAndPicturesAsPng() {
            var chart = Plots.curves("Training", "step", "loss", Curve.of("energy", 1, 2));
            DisplayData data = kernel.getRenderer().render(chart);
            assertThat(Base64.getDecoder().decode((String) data.getData(PNG)))
                    .isEqualTo(Plots.image(chart).png());
            assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo("XYChart \"Training\"");
            assertThat(kernel.getRenderer().render(Plots.image(chart)).getData(PNG))
                    .isEqualTo(data.getData(PNG));
        }

        @Test
        void showImagesAtTheirOwnSize() {
            DisplayData data = kernel.getRenderer().render(new BufferedImage(3, 4, BufferedImage.TYPE_INT_RGB));
            assertThat(data.hasDataForType(PNG)).isTrue();
            assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo("Image 3x4");
        }

        @Test
        void showAnimations() {
            Picture frame = new Picture(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB), 1, 1);
            Animation animation = new Animation(List.of(frame, frame), 0.1);
            DisplayData data = kernel.getRenderer().render(animation);
            assertThat(Base64.getDecoder().decode((String) data.getData(PNG))).isEqualTo(animation.png());
            assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo("Animation 1x1, 2 frames");
        }

        @Test
        void showTablesWithTheirTextEscaped() {
            Table table = Table.create("a<b", StringColumn.create("x&y", "<i>"), DoubleColumn.create("n", 1.5));
            assertThat(html(table))
                    .startsWith("<table><caption")
                    .contains("<b>a&lt;b</b></caption>")
                    .contains(">x&amp;y</th>")
                    .contains("<td style=\"text-align:left\">&lt;i&gt;</td>")
                    .contains("<td style=\"text-align:right;font-variant-numeric:tabular-nums\">1.5</td>")
                    .doesNotContain("background");
            assertThat(text(table)).isEqualTo("a<b\nx&y    n\n<i>  1.5");
        }

        @Test
        void showTheEndsOfLongTables() {
            double[] numbers = IntStream.range(0, 100).asDoubleStream().toArray();
            Table table = Table.create("long", DoubleColumn.create("n", numbers));
            assertThat(text(table).lines()).hasSize(20).contains(" 7", " …", "92", "100 rows");
            assertThat(html(table)).doesNotContain(">50<").contains(">99<").endsWith("<p>100 rows</p>");
        }

        @Test
        void showModelsAsTheirLayers() {
            try (NDManager m = NDManager.newBaseManager()) {
                Energy energy = Energy.neural(Mlp.of(2, 3, 1), new Shape(2), Rng.of(1));
                Gebm model =
                        Gebm.of(LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 2), Rng.of(2)), energy);
                assertThat(text(energy))
                        .startsWith("Energy\nlayer")
                        .contains("weight (3, 2), bias (3)")
                        .endsWith("13 numbers");
                assertThat(html(energy)).contains("weight (3, 2), bias (3)");
                assertThat(text(model))
                        .startsWith("GEBM of samples (2), c = 0")
                        .contains("energy.", "base.", "logPartition")
                        .endsWith("20 numbers");
                assertThat(text(Network.of(Mlp.of(2, 1), new Shape(2), Rng.of(1))))
                        .startsWith("Network (2) → (1), float32")
                        .endsWith("3 numbers");
                Energy analytic = x -> x.sum(new int[] {1});
                assertThat(text(analytic)).endsWith("no parameters");
            }
        }

        @Test
        void showRunsHistoriesAndCards() {
            Gebm model = Gebm.of(
                    LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 2), Rng.of(2)),
                    Energy.neural(Mlp.of(2, 3, 1), new Shape(2), Rng.of(1)));
            var plan = TrainingPlan.of(30).withEnergySteps(i -> 1).withBatchSize(4);
            var run = Trainer.alternating(Kale.energyLoss(), Kale.baseLoss(), plan)
                    .fit(model, Toy.eightGaussians(), Rng.of(3));
            assertThat(text(run)).startsWith("Training: Completed").contains("term", "first", "last", "kale");
            assertThat(text(run.history()))
                    .startsWith("History\niteration")
                    .contains("…")
                    .endsWith("30 iterations");
            assertThat(html(run.history())).contains(">iteration</th>", ">30</td>");
            assertThat(text(run.card())).startsWith("Run card\nkey").contains("data (SHA-256)", "TrainingPlan[30");
            assertThat(html(run.card())).contains("iterations, batches of 4,<br>", "BaseSamples(size 4, ");
        }

        @Test
        void showDiagnosticsAndWarmUps() {
            try (NDManager m = NDManager.newBaseManager()) {
                Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
                NDArray start = Rng.of(1).normal(m, new Shape(10, 2));
                var tuned = Hmc.of(0.1, 1).warmUp(gaussian, start, WarmUp.of(50), Rng.of(2));
                assertThat(text(tuned))
                        .startsWith("Warm-up\nstepSize")
                        .contains("meanLength", "acceptance, second half");
                var plan = SamplingPlan.of(100).withThinning(1);
                var chains = tuned.sampler().run(gaussian, tuned.position(), plan, Rng.of(3));
                assertThat(text(chains)).contains("mean energy change, absolute", "divergences");
                var diagnostics = ChainDiagnostics.of(chains.draws());
                assertThat(text(diagnostics))
                        .startsWith("10 chains of 100 draws\n")
                        .contains("bulk ESS", "R-hat", "\nx[1]")
                        .endsWith(diagnostics.verdict());
                assertThat(html(diagnostics)).contains(">x[0]</td>").contains(">R-hat</th>");
            }
        }

        @Test
        void showChains() {
            try (NDManager m = NDManager.newBaseManager()) {
                Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
                var chains = new Langevin(Schedule.constant(0.1))
                        .run(
                                gaussian,
                                m.zeros(new Shape(5, 2)),
                                SamplingPlan.of(10).withThinning(2),
                                Rng.of(1));
                assertThat(text(chains))
                        .startsWith("Chains\n")
                        .containsPattern("draws kept +5\n")
                        .containsPattern("acceptance +never rejects");
                assertThat(html(chains)).contains(">mean energy, second half</td>");
            }
        }

        @Test
        void showArraysAsText() {
            try (NDManager m = NDManager.newBaseManager()) {
                assertThat(text(m.create(new float[] {1, 2})))
                        .isEqualTo("NDArray (2) float32 on cpu()\n[1, 2]\nmin 1 · mean 1.500 · max 2");
                assertThat(text(m.create(new float[] {0.5f, Float.NaN, 1.5f}))).endsWith("1 of 3 not finite");
                assertThat(text(m.ones(new Shape(100, 10))).lines()).hasSize(3);
                assertThat(text(m.ones(new Shape(0, 2)))).isEqualTo("NDArray (0, 2) float32 on cpu(), empty");
                NDArray closed = m.ones(new Shape(2));
                closed.close();
                assertThat(text(closed)).isEqualTo("NDArray, closed");
                NDArray large = m.arange(3_000_000);
                assertThat(text(large)).endsWith("min 0 · mean 1.500e+06 · max 3.000e+06");
                assertThat(large.getShape()).isEqualTo(new Shape(3_000_000));
                assertThat(text(m.create(true))).isEqualTo("NDArray () boolean on cpu()\n[1]");
            }
            assertThat(text(new int[] {1, 2})).isEqualTo("[1, 2]");
            assertThat(text(new double[] {0.5})).isEqualTo("[0.5]");
            assertThat(text(new long[21])).endsWith("0, … (21)]");
        }

        private String html(Object value) {
            return (String) kernel.getRenderer().render(value).getData(MIMEType.TEXT_HTML);
        }

        private String text(Object value) {
            return (String) kernel.getRenderer().render(value).getData(MIMEType.TEXT_PLAIN);
        }
    }

    @Nested
    class WithoutTheKernelsLibrary {
        @Test
        void everythingElseWorks() throws Exception {
            URL[] classPath = List.of(System.getProperty("java.class.path").split(File.pathSeparator)).stream()
                    .filter(entry -> !entry.contains("jjava"))
                    .map(WithoutTheKernelsLibrary::url)
                    .toArray(URL[]::new);
            try (URLClassLoader plain = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
                assertThat(plain.getResource("org/dflib/jjava/jupyter/Extension.class"))
                        .isNull();
                Class<?> bar = plain.loadClass("gebm.notebook.ProgressBar");
                Object training = bar.getMethod("of", String.class).invoke(null, "training");
                bar.getMethod("report", long.class, long.class, String.class).invoke(training, 1L, 2L, "");
                Method that = plain.loadClass("gebm.notebook.Check").getMethod("that", String.class, boolean.class);
                assertThat(printed(() -> that.invoke(null, "works without a kernel", true)))
                        .isEqualTo("✓ works without a kernel" + System.lineSeparator());
                Object size =
                        plain.loadClass("gebm.notebook.Size").getMethod("name").invoke(null);
                assertThat(size).isEqualTo(Size.name());
            }
        }

        private static String printed(Callable<?> work) throws Exception {
            PrintStream before = System.out;
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            try {
                work.call();
            } finally {
                System.setOut(before);
            }
            return bytes.toString(StandardCharsets.UTF_8);
        }

        private static URL url(String entry) {
            try {
                return Path.of(entry).toUri().toURL();
            } catch (java.net.MalformedURLException e) {
                throw new IllegalArgumentException(entry, e);
            }
        }
    }

    /** The kernel's API with nothing behind it: what a cell would display is kept. */
    private static final class Kernel extends BaseKernel {
        private DisplayData displayed;

        Kernel() {
            super(
                    "test",
                    "0",
                    null,
                    List.of(),
                    null,
                    new JupyterIO(StandardCharsets.UTF_8),
                    new CommManager(),
                    new Renderer(),
                    null,
                    null,
                    false,
                    new StringStyler.Builder().build());
        }

        @Override
        public void display(DisplayData data) {
            displayed = data;
        }

        @Override
        public Object evalRaw(String code) {
            return null;
        }

        @Override
        public DisplayData inspect(String code, int at, boolean extraDetail) {
            return null;
        }

        @Override
        public ReplacementOptions complete(String code, int at) {
            return null;
        }

        @Override
        public String isComplete(String code) {
            return null;
        }
    }
}
