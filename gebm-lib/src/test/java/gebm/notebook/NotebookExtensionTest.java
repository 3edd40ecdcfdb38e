package gebm.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import gebm.plot.Curve;
import gebm.plot.Plots;
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
        void showTablesWithTheirTextEscaped() {
            Table table = Table.create("a<b", StringColumn.create("x&y", "<i>"), DoubleColumn.create("n", 1.5));
            assertThat(kernel.getRenderer().render(table).getData(MIMEType.TEXT_HTML))
                    .isEqualTo("<table><caption>a&lt;b</caption><thead><tr><th>x&amp;y</th><th>n</th></tr></thead>"
                            + "<tbody><tr><td>&lt;i&gt;</td><td>1.5</td></tr></tbody></table>");
        }

        @Test
        void showArraysAsText() {
            try (NDManager m = NDManager.newBaseManager()) {
                Object text = kernel.getRenderer()
                        .render(m.create(new float[] {1, 2}))
                        .getData(MIMEType.TEXT_PLAIN);
                assertThat((String) text)
                        .startsWith("(2) cpu() float32")
                        .contains("1.")
                        .doesNotEndWith("\n");
            }
            assertThat(text(new int[] {1, 2})).isEqualTo("[1, 2]");
            assertThat(text(new double[] {0.5})).isEqualTo("[0.5]");
            assertThat(text(new long[21])).endsWith("0, … (21)]");
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
