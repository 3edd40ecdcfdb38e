package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class NpyTest {
    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    static List<ImageOracle.Saved> saved() {
        return ImageOracle.ALL.npy();
    }

    @ParameterizedTest
    @MethodSource("saved")
    void writesWhatNumpyReads(ImageOracle.Saved saved) throws IOException {
        Npy.write(file(), array(saved));
        assertThat(file()).hasBinaryContent(ImageOracle.bytes(saved.ours()));
    }

    @ParameterizedTest
    @MethodSource("saved")
    void readsWhatNumpyWrites(ImageOracle.Saved saved) throws IOException {
        assertThat(read(ImageOracle.bytes(saved.numpy()))).isEqualTo(array(saved));
    }

    private NDArray array(ImageOracle.Saved saved) {
        return m.create(saved.values())
                .reshape(new Shape(saved.shape()))
                .toType(DataType.valueOf(saved.type().toUpperCase(Locale.ROOT)), true);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "INT8", "BOOLEAN", "FLOAT32"})
    void isReadBackAsItWas(DataType type) {
        NDArray array = m.create(new float[] {0, 1, 1, 0, 1, 1}).reshape(2, 3).toType(type, true);
        Npy.write(file(), array);
        NDArray read = Npy.read(m, file());
        assertThat(read.getDataType()).isEqualTo(type);
        assertThat(read).isEqualTo(array);
    }

    private Path file() {
        return folder.resolve("a.npy");
    }

    private NDArray read(byte[] content) throws IOException {
        return Npy.read(m, Files.write(file(), content));
    }

    @Nested
    class Refusals {
        private final byte[] good =
                ImageOracle.bytes(ImageOracle.ALL.npy().get(0).numpy());

        @Test
        void ofWhatNumpyWritesDifferently() {
            assertThatThrownBy(() -> read(ImageOracle.bytes(ImageOracle.ALL.fortran())))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage(file() + " is in Fortran order: save numpy.ascontiguousarray of it");
            assertThatThrownBy(() -> read(ImageOracle.bytes(ImageOracle.ALL.bigEndian())))
                    .hasMessage(file() + " holds type >f4, must be one of [<f2, <f4, <f8, |i1, <i4, <i8, |u1, |b1]:"
                            + " convert it by astype");
        }

        @Test
        void ofDamage() {
            assertThatThrownBy(() -> read(Arrays.copyOf(good, good.length - 1)))
                    .hasMessage(file() + " must hold 24 bytes for (2, 3) of float32, got 23");
            assertThatThrownBy(() -> read(Arrays.copyOf(good, 20)))
                    .hasMessage(file() + " ends within its header of NPY format 1 and 118 bytes; write it again");
            assertThatThrownBy(() -> read(new byte[] {1, 2}))
                    .hasMessage(file() + " is not an NPY file: its first bytes must be 0x93 NUMPY");
            String text = new String(good, StandardCharsets.ISO_8859_1).replace("'shape'", "'sheep'");
            assertThatThrownBy(() -> read(text.getBytes(StandardCharsets.ISO_8859_1)))
                    .hasMessage(
                            file() + " has a header that is not understood: {'descr': '<f4', 'fortran_order': False,"
                                    + " 'sheep': (2, 3), }");
        }

        @Test
        void ofAMissingFile() {
            assertThatThrownBy(() -> Npy.read(m, file()))
                    .hasMessage("cannot read " + file() + " (java.nio.file.NoSuchFileException: " + file() + ")");
        }
    }
}
