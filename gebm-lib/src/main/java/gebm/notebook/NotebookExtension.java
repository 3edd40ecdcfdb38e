package gebm.notebook;

import ai.djl.ndarray.NDArray;
import gebm.core.Errors;
import gebm.core.Trainable;
import gebm.metric.ChainDiagnostics;
import gebm.plot.Animation;
import gebm.plot.Figure;
import gebm.plot.Picture;
import gebm.plot.Plots;
import gebm.sampler.Chains;
import gebm.sampler.Tuned;
import gebm.train.History;
import gebm.train.RunCard;
import gebm.train.TrainingRun;
import java.awt.image.BufferedImage;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.RenderContext;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.knowm.xchart.internal.chartpart.IChart;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.Table;

/**
 * Installs itself in the JJava kernel: what a cell ends in is shown as what it is.
 *
 * <p>Found by the kernel through {@code META-INF/services}; users never call it.
 *
 * <table>
 * <caption>What is shown how; with each goes a plain text</caption>
 * <tr><th>type</th><th>shown as</th></tr>
 * <tr><td>XChart's charts, {@link gebm.plot.Plane}, {@link gebm.plot.Panels}, {@link Picture}</td>
 *     <td>PNG of two pixels for each shown one</td></tr>
 * <tr><td>{@link Animation}</td><td>animated PNG</td></tr>
 * <tr><td>{@link BufferedImage}</td><td>PNG at its own size</td></tr>
 * <tr><td>Tablesaw's tables, histories, runs, chains, run cards</td><td>table of first and last rows</td></tr>
 * <tr><td>networks, energies, bases, models</td><td>table of layers with shapes and counts</td></tr>
 * <tr><td>{@link NDArray}, Java's number arrays</td><td>text: shape, first values, range</td></tr>
 * </table>
 *
 * <p>It prints nothing, and a part whose library is missing leaves the others working. HTML takes its colours from the
 * page, light or dark.
 */
public final class NotebookExtension implements Extension {
    private static final MIMEType PNG = MIMEType.parse("image/png");
    private static final int NUMBERS = 20;

    /** Called by the kernel when it finds this library. */
    public NotebookExtension() {}

    @Override
    public void install(BaseKernel kernel) {
        Renderer renderer = kernel.getRenderer();
        Screen.attach(new KernelScreen(kernel));
        Errors.inNotebook(true);
        present(() -> Charts.register(renderer));
        present(() -> Tables.register(renderer));
        present(() -> Models.register(renderer));
        present(() -> JavaArrays.register(renderer));
    }

    @Override
    public void uninstall(BaseKernel kernel) {
        Screen.attach(null);
        Errors.inNotebook(false);
    }

    /** Registers a renderer whose library may be absent: an exception out of install would end the kernel. */
    private static void present(Runnable registration) {
        try {
            registration.run();
        } catch (LinkageError | RuntimeException absent) {
            return;
        }
    }

    private record KernelScreen(BaseKernel kernel) implements Screen.Sink {
        @Override
        public void show(String id, Map<String, Object> data) {
            kernel.display(display(id, data));
        }

        @Override
        public void update(String id, Map<String, Object> data) {
            kernel.getIO().display.updateDisplay(id, display(id, data));
        }

        private static DisplayData display(String id, Map<String, Object> data) {
            DisplayData display = new DisplayData();
            data.forEach((type, value) -> display.putData(type, value));
            display.putTransientData("display_id", id);
            return display;
        }
    }

    private static final class Charts {
        static void register(Renderer renderer) {
            picture(renderer, Figure.class, Charts::sight);
            picture(renderer, IChart.class, Charts::sight);
            picture(renderer, Picture.class, picture -> new Sight(picture.toString(), picture));
            picture(renderer, BufferedImage.class, image -> {
                Picture picture = new Picture(image, image.getWidth(), image.getHeight());
                return new Sight("Image " + picture.width() + "x" + picture.height(), picture);
            });
            picture(renderer, Animation.class, a -> new Sight(a.toString(), a.png(), a.width(), a.height()));
        }

        private static Sight sight(Object chart) {
            String title = Figure.of(chart).title();
            String name = chart.getClass().getSimpleName();
            return new Sight(title.isEmpty() ? name : name + " \"" + title + "\"", Plots.image(chart));
        }

        private record Sight(String text, byte[] png, int width, int height) {
            Sight(String text, Picture picture) {
                this(text, picture.png(), picture.width(), picture.height());
            }
        }

        private static <T> void picture(Renderer renderer, Class<T> type, Function<T, Sight> view) {
            renderer.createRegistration(type).preferring(PNG).register((value, context) -> {
                Sight sight = view.apply(value);
                DisplayData out = context.getOutputContainer();
                out.putData(PNG, Base64.getEncoder().encodeToString(sight.png));
                out.putMetaData(PNG, Map.of("width", sight.width, "height", sight.height));
                out.putText(sight.text);
            });
        }
    }

    private static <T> void table(Renderer renderer, Class<T> type, Function<T, Listing> view) {
        renderer.createRegistration(type).preferring(MIMEType.TEXT_HTML).register((value, context) -> {
            Listing listing = view.apply(value);
            context.getOutputContainer().putHTML(listing.html());
            context.getOutputContainer().putText(listing.text());
        });
    }

    private static final class Tables {
        static void register(Renderer renderer) {
            table(renderer, Table.class, Tables::view);
        }

        private static Listing view(Table table) {
            List<Boolean> numbers = table.columns().stream()
                    .map(column -> column instanceof NumericColumn)
                    .toList();
            List<List<String>> rows = new ArrayList<>();
            for (int row : Listing.shown(table.rowCount())) {
                List<String> cells = new ArrayList<>();
                for (int column = 0; column < table.columnCount(); column++) {
                    cells.add(row < 0 ? "…" : table.getString(row, column));
                }
                rows.add(cells);
            }
            String name = table.name() == null ? "" : table.name();
            String note = rows.size() < table.rowCount() ? table.rowCount() + " rows" : "";
            return new Listing(name, table.columnNames(), numbers, rows, note);
        }
    }

    private static final class Models {
        static void register(Renderer renderer) {
            table(renderer, Trainable.class, Views::of);
            table(renderer, History.class, Views::of);
            table(renderer, TrainingRun.class, Views::of);
            table(renderer, Chains.class, Views::of);
            table(renderer, ChainDiagnostics.class, Views::of);
            table(renderer, Tuned.class, Views::of);
            table(renderer, RunCard.class, Views::of);
            renderer.createRegistration(NDArray.class)
                    .register((array, context) -> context.getOutputContainer().putText(Views.of(array)));
        }
    }

    /** Java prints an array as a number that differs in every run; these are its first values. */
    private static final class JavaArrays {
        static void register(Renderer renderer) {
            register(renderer, double[].class, values -> Arrays.stream(values).mapToObj(Double::toString));
            register(renderer, int[].class, values -> Arrays.stream(values).mapToObj(Integer::toString));
            register(renderer, long[].class, values -> Arrays.stream(values).mapToObj(Long::toString));
        }

        private static <A> void register(Renderer renderer, Class<A> type, Function<A, Stream<String>> texts) {
            renderer.createRegistration(type)
                    .register((values, context) -> show(context, Array.getLength(values), texts.apply(values)));
        }

        private static void show(RenderContext context, int length, Stream<String> values) {
            String rest = length > NUMBERS ? ", … (" + length + ")]" : "]";
            context.getOutputContainer().putText(values.limit(NUMBERS).collect(Collectors.joining(", ", "[", rest)));
        }
    }
}
