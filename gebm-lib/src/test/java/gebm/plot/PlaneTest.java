package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.Toy;
import gebm.model.Energy;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import java.awt.Color;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PlaneTest {
    private static final int LARGEST = 100_000; // bytes of a picture that a notebook keeps
    private static final Energy WELLS =
            x -> x.square().sub(1).square().sum(new int[] {1}).mul(2);
    private static final Energy RING = x -> Toy.eightGaussians().logDensity(x).neg();

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray walks(Energy energy, int chains, int draws) {
        NDArray start = Rng.of(3).normal(m, new Shape(chains, 2));
        return new Langevin(Schedule.constant(0.02))
                .run(energy, start, SamplingPlan.of(draws).withThinning(1), Rng.of(4))
                .draws();
    }

    @Test
    void isSmallAndTheSameEveryTime() {
        NDArray data = Toy.eightGaussians().batch(m, 500, 0, Rng.of(7));
        NDArray draws = walks(WELLS, 4, 150);
        Plane[] planes = {
            Plots.heatmap("density", "p(x)", Grid.of(x -> RING.at(x).neg().exp(), -4, 4)),
            Plots.landscape("paths", WELLS, -2, 2).withPaths("chains", draws),
            Plots.landscape("points", RING, -5, 5).withPoints("data", data),
            Plots.landscape("score", WELLS, -2, 2).withField(x -> x.neg(), -2, 2),
            Plots.field("field", x -> x.neg(), -2, 2)
        };
        for (Plane plane : planes) {
            Picture picture = Plots.image(plane);
            assertThat(picture.png()).as("%s", plane).hasSizeBetween(5_000, LARGEST);
            assertThat(picture.png()).isEqualTo(Plots.image(plane).png());
            assertThat(picture.image().getWidth()).isEqualTo(2 * plane.width());
        }
        assertThat(planes[0]).hasToString("Plane \"density\"");
    }

    @Test
    void hasOneScaleOnBothAxes() {
        Plane wide = Plane.of("").withLimits(0, 4, 0, 2);
        Plane square = Plane.of("").withLimits(0, 4, 0, 4);
        assertThat(square.height() - wide.height()).isEqualTo(165); // half of the area's side
    }

    @Test
    void valuesBeyondTheEndsHaveTheirColoursAndHolesNone() {
        double[] axis = {0, 1, 2, 3};
        double[][] values = {
            {-9, -9, -9, -9}, {-9, -9, -9, -9}, {9, 9, 9, Double.NaN}, {9, 9, 9, Double.POSITIVE_INFINITY}
        };
        Plane plane = Plane.of("").withMap("", new Grid(axis, axis, values), 0, 1);
        BufferedImage image = Plots.image(plane).image();
        assertThat(colourAt(image, 0.1, 0.1)).isEqualTo(0x440154);
        assertThat(colourAt(image, 0.1, 0.9)).isEqualTo(0xFDE725);
        assertThat(colourAt(image, 0.9, 0.9)).isEqualTo(0xFFFFFF);
    }

    /** The colour at a place of the area, from its lower left corner in parts of its side. */
    private static int colourAt(BufferedImage image, double right, double up) {
        int left = 0;
        while ((image.getRGB(left, 600) & 0xffffff) != 0x440154) {
            left++; // the lower half of the map is dark
        }
        return image.getRGB((int) (left + 660 * right), (int) (24 + 660 * (1 - up))) & 0xffffff;
    }

    @Test
    void theMapRunsThroughViridis() {
        assertThat(Style.map(0)).isEqualTo(new Color(0x440154));
        assertThat(Style.map(1)).isEqualTo(new Color(0xFDE725));
        double before = -1;
        for (int i = 0; i <= 100; i++) {
            Color c = Style.map(i / 100.0);
            double light = 0.2126 * c.getRed() + 0.7152 * c.getGreen() + 0.0722 * c.getBlue();
            assertThat(light).isGreaterThanOrEqualTo(before); // readable in grey too
            before = light;
        }
    }

    @Test
    void chainsWalk() {
        Animation few = Plots.landscape("4 chains", WELLS, -2, 2).walk("chains", walks(WELLS, 4, 80), 40);
        assertThat(few.frames()).hasSize(40);
        assertThat(few.png()).hasSizeBetween(20_000, 300_000);
        Animation many = Plots.landscape("200 chains", RING, -5, 5).walk("chains", walks(RING, 200, 40), 40);
        assertThat(many.png()).hasSizeBetween(20_000, 300_000);
        assertThat(many.width()).isEqualTo(many.frames().get(0).width());
    }

    @Test
    void refusesOtherShapesAndValues() {
        Plane plane = Plane.of("t");
        assertThatThrownBy(() -> plane.withPaths("chains", m.ones(new Shape(4, 2))))
                .hasMessage("chains must be of shape (draws, chains, 2), got (4, 2)");
        NDArray bad = m.create(new float[] {1, 2, Float.NaN, 4}, new Shape(2, 1, 2));
        assertThatThrownBy(() -> plane.withPaths("chains", bad)).hasMessage("chains[1, 0, 0] must be finite, got NaN");
        assertThatThrownBy(() -> plane.withPoints("data", m.ones(new Shape(4, 3))))
                .hasMessage("data must be of shape (n, 2), got (4, 3)");
        assertThatThrownBy(() -> plane.withLimits(0, 1, 2, 2))
                .hasMessage("y limits must be increasing, got 2.0 to 2.0");
        assertThatThrownBy(() -> Plots.field("f", x -> x.get(":, 0"), 0, 1))
                .hasMessage("field must be of shape (n, 2), got (289)");
        assertThatThrownBy(() -> plane.walk("chains", m.ones(new Shape(3, 1, 2)), 9))
                .hasMessage("frames must be in [2, 3], got 9");
        double[] ends = {0, 1};
        double[][] holes = {{Double.NaN, Double.NaN}, {Double.NaN, Double.NaN}};
        assertThatThrownBy(() -> plane.withMap("", new Grid(ends, ends, holes)))
                .hasMessage("the grid must be with a finite value, got none");
    }

    @Test
    void ticksAreRound() {
        assertThat(Ticks.between(-2, 2, 8))
                .containsExactly(new double[] {-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2}, within(1e-12));
        assertThat(Ticks.text(-0.25)).isEqualTo("−0.25");
        assertThat(Ticks.text(0.1 + 0.2)).isEqualTo("0.3");
        assertThat(Ticks.text(20_000)).isEqualTo("20,000");
        assertThat(Ticks.text(3e-7)).isEqualTo("3e−7");
        assertThat(Ticks.text(0)).isEqualTo("0");
    }
}
