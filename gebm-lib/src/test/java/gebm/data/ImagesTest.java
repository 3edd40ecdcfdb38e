package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ImagesTest {
    private static final Images.Form FORM = new Images.Form(3, 1, 2);
    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    /** Image i has pixels i, i+1, …, i+5 and label i. */
    private static Images counted(Images.Role role, int n) {
        byte[][] pixels = new byte[n][6];
        byte[] labels = new byte[n];
        for (int i = 0; i < n; i++) {
            for (int p = 0; p < 6; p++) {
                pixels[i][p] = (byte) (i + p);
            }
            labels[i] = (byte) i;
        }
        return Images.of("counted", role, "counted " + role, FORM, pixels, Optional.of(labels));
    }

    @Nested
    class Values {
        private final Images ends = Images.of(
                "ends",
                Images.Role.TEST,
                "ends",
                new Images.Form(1, 1, 3),
                new byte[][] {{0, 51, (byte) 255}},
                Optional.empty());

        @Test
        void haveTheRangeThatIsAskedFor() {
            NDArray unit = ends.array(m, PixelRange.UNIT);
            assertThat(unit.getDataType()).isEqualTo(DataType.FLOAT32);
            assertThat(unit.getShape()).isEqualTo(new Shape(1, 1, 1, 3));
            assertThat(unit.toFloatArray()).containsExactly(0, 0.2f, 1);
            NDArray signed = ends.array(m, PixelRange.SIGNED);
            assertThat(signed.toFloatArray()).containsExactly(-1, -0.6f, 1);
            assertThat(PixelRange.SIGNED.toUnit(signed).toFloatArray())
                    .containsExactly(new float[] {0, 0.2f, 1}, within(1e-7f));
            assertThat(PixelRange.UNIT.toUnit(unit)).isEqualTo(unit).isNotSameAs(unit);
        }

        @Test
        void keepChannelsApart() {
            NDArray images = counted(Images.Role.TRAIN, 4).array(m, PixelRange.UNIT);
            assertThat(images.getShape()).isEqualTo(new Shape(4, 3, 1, 2));
            assertThat(images.get("2, 1").mul(255).round().toFloatArray()).containsExactly(4, 5);
        }

        @Test
        void belongToTheScope() {
            NDArray rows = ends.flattened(m, PixelRange.UNIT);
            assertThat(rows.getShape()).isEqualTo(new Shape(1, 3));
            assertThat(rows.toFloatArray()).containsExactly(0, 0.2f, 1);
            assertThat(m.getManagedArrays()).containsExactly(rows);
        }

        @Test
        void tooManyForOneSayWhatToDo() {
            byte[][] pixels = new byte[2_048][];
            Arrays.fill(pixels, new byte[1 << 20]);
            Images large = Images.of(
                    "large", Images.Role.TRAIN, "", new Images.Form(1, 1 << 10, 1 << 10), pixels, Optional.empty());
            assertThatThrownBy(() -> large.array(m, PixelRange.UNIT))
                    .hasMessage(
                            "bytes of 2048 images of 1x1024x1024 must be at most 2147483647 (take batches of source),"
                                    + " got 2147483648");
        }
    }

    @Nested
    class Batches {
        @Test
        void areThoseOfTheArray() {
            Images images = counted(Images.Role.TRAIN, 7);
            DataSource bytes = images.source(PixelRange.SIGNED);
            DataSource floats = DataSource.of(images.array(m, PixelRange.SIGNED));
            for (int index = 0; index < 5; index++) {
                assertThat(bytes.batch(m, 3, index, Rng.of(1))).isEqualTo(floats.batch(m, 3, index, Rng.of(1)));
            }
            assertThat(bytes.sampleShape()).isEqualTo(new Shape(3, 1, 2));
            assertThat(bytes.size()).hasValue(7);
            assertThat(bytes.sha256()).isEqualTo(images.sha256());
            assertThatThrownBy(() -> bytes.batch(m, 8, 0, Rng.of(1)))
                    .hasMessage("batch size must be at most the number of rows, 7, got 8");
        }
    }

    @Nested
    class Splits {
        private final Images all = counted(Images.Role.TRAIN, 10);

        @Test
        void shareNothingAndLoseNothing() {
            Images.Split split = all.split(3, Images.Role.VALIDATION, Rng.of(5));
            int[] kept = split.kept().labels();
            int[] heldOut = split.heldOut().labels();
            assertThat(kept).hasSize(7).isSorted();
            assertThat(heldOut).hasSize(3).isSorted();
            int[] both = Arrays.copyOf(kept, 10);
            System.arraycopy(heldOut, 0, both, 7, 3);
            assertThat(both).containsExactlyInAnyOrder(all.labels());
            assertThat(split.kept().sharesWith(split.heldOut())).isFalse();
            assertThat(split.heldOut()
                            .array(m, PixelRange.UNIT)
                            .get("0, 0, 0, 0")
                            .getFloat())
                    .isEqualTo(heldOut[0] / 255f);
        }

        @Test
        void dependOnTheKeyAlone() {
            Images.Split one = all.split(3, Images.Role.VALIDATION, Rng.of(5));
            Images.Split again = all.split(3, Images.Role.VALIDATION, Rng.of(5));
            Images.Split other = all.split(3, Images.Role.VALIDATION, Rng.of(6));
            assertThat(again.heldOut().sha256()).isEqualTo(one.heldOut().sha256());
            assertThat(other.heldOut().sha256()).isNotEqualTo(one.heldOut().sha256());
        }

        @Test
        void sayWhereTheyComeFrom() {
            Images.Split split = all.head(8).split(3, Images.Role.VALIDATION, Rng.ofKey(0xabc));
            assertThat(all.provenance()).isEqualTo("counted train");
            assertThat(split.kept().provenance()).isEqualTo("counted train[0:8] without 3 of 8 by key abc");
            assertThat(split.kept().role()).isEqualTo(Images.Role.TRAIN);
            assertThat(split.heldOut().provenance())
                    .isEqualTo("counted validation: 3 of 8 by key abc of counted train[0:8]");
            assertThat(split.heldOut().head(2))
                    .hasToString("Images[counted validation: 3 of 8 by key abc of counted"
                            + " train[0:8][0:2], 2 of 3x1x2]");
            assertThat(split.heldOut().only(Images.Role.VALIDATION)).isSameAs(split.heldOut());
        }

        @Test
        void refuseWhatIsNotToTrainOn() {
            Images test = counted(Images.Role.TEST, 4);
            assertThatThrownBy(() -> test.split(1, Images.Role.VALIDATION, Rng.of(1)))
                    .hasMessage("what is split must be training images, got counted test");
            assertThatThrownBy(() -> all.split(1, Images.Role.TRAIN, Rng.of(1)))
                    .hasMessage("role of held-out images must be validation or test, got train");
            assertThatThrownBy(() -> all.split(10, Images.Role.TEST, Rng.of(1)))
                    .hasMessage("n must be in 1..9, got 10");
            assertThatThrownBy(() -> test.only(Images.Role.TRAIN))
                    .hasMessage("images must be for train, got counted test");
        }
    }

    @Nested
    class ThreeParts {
        private final Images train = counted(Images.Role.TRAIN, 10);
        private final Images test = counted(Images.Role.TEST, 4);

        @Test
        void haveEachTheirRole() {
            Images.Parts parts = Images.Parts.of(train, test, 4, Rng.of(1));
            assertThat(parts.name()).isEqualTo("counted");
            assertThat(parts.train().size()).isEqualTo(6);
            assertThat(parts.validation().size()).isEqualTo(4);
            assertThat(parts.test()).isSameAs(test);
        }

        @Test
        void ofTwoSplitsAreRefused() {
            Images.Split one = train.split(4, Images.Role.VALIDATION, Rng.of(1));
            Images.Split other = train.split(4, Images.Role.VALIDATION, Rng.of(2));
            assertThatThrownBy(() -> new Images.Parts(one.kept(), other.heldOut(), test))
                    .hasMessageStartingWith("validation images must be none of counted train without 4 of 10 by key ");
        }

        @Test
        void inTheWrongPlaceAreRefused() {
            Images.Split split = train.split(4, Images.Role.VALIDATION, Rng.of(1));
            assertThatThrownBy(() -> new Images.Parts(split.kept(), test, split.heldOut()))
                    .hasMessage("images must be for validation, got counted test");
            assertThatThrownBy(() -> new Images.Parts(
                            split.kept(),
                            split.heldOut(),
                            StrokeDigits.of(4, Images.Role.TEST, Rng.of(1)).asImages()))
                    .hasMessage("set of test images must be counted, got stroke-digits");
        }

        @Test
        void ofTheSameFolderAreRefused() {
            byte[][] pixels = new byte[3][6];
            Images one = Images.of("f", Images.Role.TRAIN, "a folder", FORM, pixels, Optional.empty());
            Images two = Images.of("f", Images.Role.TEST, "a folder", FORM, pixels, Optional.empty());
            assertThatThrownBy(() -> Images.Parts.of(one, two, 1, Rng.of(1)))
                    .hasMessageMatching("test images must be none of f train without .*, got f test");
        }
    }

    @Nested
    class Refusals {
        @Test
        void ofWhatDoesNotFit() {
            assertThatThrownBy(() ->
                            Images.of("odd", Images.Role.TRAIN, "", FORM, new byte[][] {new byte[5]}, Optional.empty()))
                    .hasMessage("image of 3x1x2 must be 6 bytes, got 5");
            assertThatThrownBy(() -> Images.of("odd", Images.Role.TRAIN, "", FORM, new byte[0][], Optional.empty()))
                    .hasMessage("images of odd must be at least one, got 0");
            assertThatThrownBy(() ->
                            Images.of("odd", Images.Role.TRAIN, "", FORM, new byte[1][6], Optional.of(new byte[2])))
                    .hasMessage("labels must be as many as images, 1, got 2");
        }

        @Test
        void ofLabelsThatAreNotThere() {
            Images bare = Images.of("bare", Images.Role.TRAIN, "", FORM, new byte[1][6], Optional.empty());
            assertThat(bare.labelled()).isFalse();
            assertThatThrownBy(bare::labels)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("images of bare have no labels");
        }
    }
}
