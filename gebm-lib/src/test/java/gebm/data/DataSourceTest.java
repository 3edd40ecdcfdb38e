package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class DataSourceTest {
    private final NDManager m = NDManager.newBaseManager();
    private final Rng rng = Rng.of(7);

    @AfterEach
    void close() {
        m.close();
    }

    @Nested
    class OfRows {
        private final NDArray rows =
                m.arange(20).toType(DataType.FLOAT32, false).reshape(10, 2);
        private final DataSource source = DataSource.of(rows);

        @Test
        void batchesFollowTheOrderOfTheirEpoch() {
            int[] order = rng.fork(2).permutation(10);
            float[] batch = source.batch(m, 3, 7, rng).toFloatArray(); // three batches an epoch: the second of epoch 2
            assertThat(batch)
                    .containsExactly(
                            2 * order[3],
                            2 * order[3] + 1,
                            2 * order[4],
                            2 * order[4] + 1,
                            2 * order[5],
                            2 * order[5] + 1);
        }

        @Test
        void anEpochRepeatsNoRow() {
            for (int size = 1; size <= 10; size++) {
                NDArray seen = m.zeros(new Shape(10));
                for (int i = 0; i < 10 / size; i++) {
                    for (float first : source.batch(m, size, i, rng).get(":, 0").toFloatArray()) {
                        seen.set(new ai.djl.ndarray.index.NDIndex((int) first / 2), n -> n.addi(1));
                    }
                }
                assertThat(seen.max().getFloat()).isEqualTo(1);
                assertThat(seen.sum().getFloat()).isEqualTo(10 / size * size);
            }
        }

        @Test
        void isPureInIndexAndKey() {
            NDArray first = source.batch(m, 4, 3, rng);
            source.batch(m, 4, 99, rng);
            assertThat(source.batch(m, 4, 3, rng)).isEqualTo(first);
            assertThat(source.batch(m, 4, 3, Rng.of(8))).isNotEqualTo(first);
        }

        @Test
        void keepsTypeAndShapeOfASample() {
            DataSource images = DataSource.of(m.ones(new Shape(5, 1, 4, 4), DataType.FLOAT64));
            NDArray batch = images.batch(m, 2, 0, rng);
            assertThat(batch.getShape()).isEqualTo(new Shape(2, 1, 4, 4));
            assertThat(batch.getDataType()).isEqualTo(DataType.FLOAT64);
            assertThat(images.sampleShape()).isEqualTo(new Shape(1, 4, 4));
            assertThat(images.size()).isEqualTo(OptionalLong.of(5));
        }

        @Test
        void leavesNothingBehind() {
            int before = m.getManagedArrays().size();
            for (int i = 0; i < 200; i++) {
                try (NDManager scope = m.newSubManager()) {
                    NDArray batch = source.batch(scope, 4, i, rng);
                    assertThat(batch.getManager()).isSameAs(scope);
                    assertThat(scope.getManagedArrays()).containsExactly(batch);
                }
            }
            assertThat(m.getManagedArrays()).hasSize(before);
        }

        @Test
        void digestNamesContentAndShape() {
            assertThat(source.sha256())
                    .hasSize(64)
                    .isEqualTo(DataSource.of(rows.duplicate()).sha256());
            assertThat(DataSource.of(rows.reshape(5, 4)).sha256()).isNotEqualTo(source.sha256());
            assertThat(DataSource.of(rows.add(1)).sha256()).isNotEqualTo(source.sha256());
        }
    }

    @Nested
    class Refusals {
        @Test
        void aBatchLargerThanTheData() {
            DataSource source = DataSource.of(m.ones(new Shape(10, 2)));
            assertThatThrownBy(() -> source.batch(m, 11, 0, rng))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("batch size must be at most the number of rows, 10, got 11");
        }

        @Test
        void anEmptyBatchAndANegativeIndex() {
            DataSource source = DataSource.of(m.ones(new Shape(10, 2)));
            assertThatThrownBy(() -> source.batch(m, 0, 0, rng)).hasMessage("batch size must be > 0, got 0");
            assertThatThrownBy(() -> source.batch(m, 1, -1, rng)).hasMessage("batch index must be >= 0, got -1");
        }

        @Test
        void aValueThatIsNotFinite() {
            NDArray nan = m.create(new float[] {1, 2, 3, 4, 5, Float.NaN}, new Shape(2, 3));
            assertThatThrownBy(() -> DataSource.of(nan))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("rows must be finite, got NaN at row 1, column 2");
            NDArray infinite = m.create(new double[] {1, Double.NEGATIVE_INFINITY, 3, 4}, new Shape(2, 2));
            assertThatThrownBy(() -> DataSource.of(infinite))
                    .hasMessage("rows must be finite, got -Infinity at row 0, column 1");
        }

        @Test
        void notASumThatOverflows() {
            NDArray large = m.full(new Shape(3, 2), 3e38f);
            assertThat(DataSource.of(large).batch(m, 3, 0, rng)).isEqualTo(large);
        }

        @Test
        void noRows() {
            assertThatThrownBy(() -> DataSource.of(m.create(new Shape(0, 2))))
                    .hasMessage("rows must be of shape (n, sampleShape) with n > 0, got (0, 2)");
        }
    }

    @Nested
    class OfALambda {
        private final DataSource source = (scope, size, index, key) ->
                scope.create(new float[size * 3], new Shape(size, 3)).add(index + 1);

        @Test
        void hasShapeDigestAndNoSize() {
            assertThat(source.sampleShape()).isEqualTo(new Shape(3));
            assertThat(source.size()).isEmpty();
            assertThat(source.sha256()).hasSize(64).isEqualTo(source.sha256());
        }
    }
}
