package gebm.train;

import java.util.Map;

/**
 * Enough to repeat a run and to compare two.
 *
 * @param key the key of the run's random stream
 * @param dataSha256 the digest of the data
 * @param plan the plan in words
 * @param versions of Java, the engine and this library
 */
public record RunCard(long key, String dataSha256, String plan, Map<String, String> versions) {
    @Override
    public String toString() {
        return "key       " + key + "\ndata      " + dataSha256 + "\nplan      " + plan + "\nversions  " + versions;
    }
}
