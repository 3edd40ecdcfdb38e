package gebm.metric;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;

/** Numbers in eight hexadecimal digits, to tell fitted features from each other. */
final class Fingerprint {
    private final CRC32 sum = new CRC32();

    static Fingerprint of(Path file) {
        try {
            return new Fingerprint().with(ByteBuffer.wrap(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    Fingerprint with(ByteBuffer bytes) {
        sum.update(bytes);
        return this;
    }

    Fingerprint with(double[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length);
        bytes.asDoubleBuffer().put(numbers);
        return with(bytes);
    }

    @Override
    public String toString() {
        return String.format("%08x", sum.getValue());
    }
}
