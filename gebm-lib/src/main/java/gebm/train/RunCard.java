package gebm.train;

import java.util.List;
import java.util.Map;

/**
 * Enough to repeat a run and to compare two.
 *
 * @param key the key of the run's random stream
 * @param dataSha256 the digest of the data
 * @param plan the plan in words
 * @param terms what the losses consist of, as columns of the history
 * @param versions of Java, the engine and this library
 */
public record RunCard(long key, String dataSha256, String plan, List<String> terms, Map<String, String> versions) {
    @Override
    public String toString() {
        return "key       " + key + "\ndata      " + dataSha256 + "\nplan      " + plan + "\nterms     "
                + String.join(", ", terms) + "\nversions  " + versions;
    }
}
